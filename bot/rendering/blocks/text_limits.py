"""Text that Slack takes: clean, escaped, and never longer than its place.

Pure: no network, no clock. Lengths are counted in UTF-16 units, as JavaScript counts; that is never less
than what anybody else counts.
"""

import re
import unicodedata
from typing import Final

# https://docs.slack.dev/reference/block-kit; what is undocumented stands below with a margin.
TEXT: Final = 4_000  # a message's `text`: cut at 40,000, recommended to stay below this
SECTION: Final = 3_000
FIELD: Final = 2_000
HEADER: Final = 150
LABEL: Final = 75  # of buttons and options, and what a screen reader says for them
VALUE: Final = 2_000  # of a button
OPTION: Final = 150  # the value of an option
ID: Final = 255  # block_id, action_id
ALT: Final = 1_000  # of a file; an image block takes twice that
PLACEHOLDER: Final = 150
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_WORD: Final = 30
VIEW_WORD: Final = 24  # title, submit and close of a modal
METADATA: Final = 3_000  # private_metadata of a view
BLOCKS: Final = 50  # in a message
VIEW_BLOCKS: Final = 100
OPTIONS: Final = 100
ROWS: Final = 100  # of a table
# Slack refuses about 13,200 characters of block text (slackapi/bolt-js#2509); how it counts is not said.
TOTAL: Final = 12_000
# A table may hold fewer characters than a message; the figure is not documented everywhere, so with a margin.
TABLE: Final = 8_000

MORE: Final = "…"

# What neither shows nor speaks: controls, format characters (zero width, bidi), surrogates, private use, unassigned.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BREAKS: Final = str.maketrans(
    {"\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
)
# More marks on one letter than any script needs would run over the lines above and below.
_PILED: Final = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_EMOJI: Final = re.compile(r":(?=[a-z0-9_+'-]+:)", re.IGNORECASE)
_MARKUP: Final = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})
# Slack makes links of addresses and, asked to, pings of names, even where there is no markup.
_EVERYBODY: Final = re.compile(r"@(?=channel|here|everyone)", re.IGNORECASE)


def clean(text: str) -> str:
    """Take out of *text* what a reader cannot see and a program might obey; line breaks and tabs stay."""
    plain = text.replace("\r\n", "\n").translate(_BREAKS)
    hidden = {item for item in set(plain) if item not in "\n\t" and unicodedata.category(item) in _HIDDEN}
    if hidden:
        plain = "".join(item for item in plain if item not in hidden)
    return plain if plain.isascii() else _PILED.sub(r"\1", plain)


def line(text: str) -> str:
    """*text* cleaned, on one line."""
    return " ".join(clean(text).split())


def size(text: str) -> int:
    """How long *text* is, in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """*text* with at most *most* units; where something is missing it ends in an ellipsis, after a word if it can."""
    if size(text) <= most:
        return text
    if most < 2:
        return MORE[: max(most, 0)]
    short = text[: most - 1]
    while size(short) > most - 1:
        short = short[: -max(1, (size(short) - most + 1) // 2)]
    space = short.rfind(" ")
    return (short[:space] if space > len(short) * 3 // 4 else short).rstrip() + MORE


def escape(text: str) -> str:
    """Escape what opens links, mentions and entities in Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote(text: str, most: int = SECTION) -> str:
    """Write anybody's *text* inside markup: nothing in it formats, links, pings or turns into a picture.

    The result has at most *most* units, escapes counted, and no escape is cut in two.
    """
    return _escape_to(_EMOJI.sub("\u02d0", clean(text)).translate(_MARKUP), most)


def plain(text: str, most: int = TEXT) -> str:
    """Write anybody's *text* as a message's own `text`: as `quote`, but legible for a voice."""
    return _escape_to(clean(text), most)


def _escape_to(text: str, most: int) -> str:
    """Escape so much of *text* that the result fits."""
    visible, wanted = _EVERYBODY.sub("\ufe6b", text).replace("://", ":\u2215\u2215"), most
    while size(written := escape(cut(visible, wanted))) > most:
        wanted = min(wanted - 1, wanted * most // size(written))
    return written
