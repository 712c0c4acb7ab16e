"""Normalize text: lower-case, links, invisible characters, look-alike letters."""

import html
import re
import unicodedata
from typing import Final

# Characters of a pasted log that are read. A Slack message holds 40,000.
LONGEST: Final = 100_000


# Letters that look like Latin ones: Cyrillic and Greek, as far as the relevant words need them.
TWINS: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u0501\u04bb\u043a\u043c\u0442\u0432"
    "\u0410\u0415\u041e\u0420\u0421\u0425\u0423\u0406\u0408\u0405\u041a\u041c\u0422\u0412\u041d"
    "\u03bf\u03b1\u03b9\u03bd\u03c1\u039f\u0391\u0399\u03a1\u03a4\u0395\u2018\u2019\u201c\u201d",
    "aeopcxyijsdhkmtvAEOPCXYIJSKMTBHoaivpOAIPTE''\"\"",
)


# The scheme of a WebSocket stays: it says what failed.
LINK: Final = re.compile(
    r"<(?:(?:(?:https?|tel|mailto):|(?=wss?:))([^|>]{1,3000})(?:\|([^>]{0,3000}))?|[@#!][^>]{1,200})>"
)


UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


def normalize(text: str) -> str:
    """Write *text* in plain letters and digits: unwrap Slack's links and mentions, replace look-alikes."""
    text = html.unescape(LINK.sub(r" \1 \2 ", text[:LONGEST]))
    text = unicodedata.normalize("NFKC", UNSEEN.sub("", text)).translate(TWINS)
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(item)) if item.isdecimal() else item for item in text)
