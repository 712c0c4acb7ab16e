"""Clean, escape, and truncate text to Slack's limits.

Pure: no network, no clock. Lengths are in UTF-16 units, as in JavaScript, which is never less than the number of
characters.
"""

import re
import unicodedata
from typing import Final

# https://docs.slack.dev/reference/block-kit; undocumented limits are below with a margin.
TEXT: Final = 4_000  # a message's `text`: truncated at 40,000, recommended to stay below this
SECTION: Final = 3_000
FIELD: Final = 2_000
HEADER: Final = 150
LABEL: Final = 75  # of buttons, options, and groups of options, and of accessibility labels
VALUE: Final = 2_000  # of a button
OPTION: Final = 150  # the value of an option
ID: Final = 255  # block_id, action_id
ALT: Final = 1_000  # of a file; an image block allows twice that
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
# Slack rejects about 13,200 characters of block text (slackapi/bolt-js#2509); how it counts is undocumented.
TOTAL: Final = 12_000
# A table may hold fewer characters than a message; the limit is not documented everywhere, so with a margin.
TABLE: Final = 8_000

MORE: Final = "…"

# Invisible characters: control, format (zero width, bidi), surrogates, private use, unassigned.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BREAKS: Final = str.maketrans(
    {"\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
)
# Combining marks beyond what any script needs would overlap the lines above and below.
_PILED: Final = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_EMOJI: Final = re.compile(r":(?=[a-z0-9_+'-]+:)", re.IGNORECASE)
# Inside a word these format nothing, and a setting such as LINEMAN_ACCESS copies out as it is.
_MARKUP: Final = re.compile(r"`|(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])")
_ALIKE: Final = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
# Slack turns URLs into links and, on request, names into mentions, even without markup.
_EVERYBODY: Final = re.compile(r"@(?=channel|here|everyone)", re.IGNORECASE)


def clean(text: str) -> str:
    """Remove invisible characters, which a program might interpret; line breaks and tabs stay."""
    plain = text.replace("\r\n", "\n").translate(_BREAKS)
    hidden = {item for item in set(plain) if item not in "\n\t" and unicodedata.category(item) in _HIDDEN}
    if hidden:
        plain = "".join(item for item in plain if item not in hidden)
    return plain if plain.isascii() else _PILED.sub(r"\1", plain)


def line(text: str) -> str:
    """Return *text*, cleaned, on one line."""
    return " ".join(clean(text).split())


def size(text: str) -> int:
    """Return the length of *text* in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """Truncate *text* to *most* units, with an ellipsis, at a word boundary if possible."""
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
    """Escape what starts links, mentions, and entities in Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote(text: str, most: int = SECTION) -> str:
    """Quote untrusted *text* inside markup: nothing in it formats, links, mentions, or becomes an emoji.

    The result has at most *most* units, escapes included, and no escape is cut.
    """
    safe = _MARKUP.sub(lambda mark: _ALIKE[mark[0]], _EMOJI.sub("\u02d0", clean(text)))
    return _escape_to(safe, most)


def plain(text: str, most: int = TEXT) -> str:
    """Return untrusted *text* for a message's `text`: as `quote`, but readable for screen readers."""
    return _escape_to(clean(text), most)


def _escape_to(text: str, most: int) -> str:
    """Escape as much of *text* as fits into *most* units."""
    visible, wanted = _EVERYBODY.sub("\ufe6b", text).replace("://", ":\u2215\u2215"), most
    while size(written := escape(cut(visible, wanted))) > most:
        wanted = min(wanted - 1, wanted * most // size(written))
    return written
