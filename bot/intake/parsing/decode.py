"""Decode bytes or text of any origin: encodings, Slack's markup, quotes of word processors.

Pure. Logger prefixes are removed within a line, so that all forms of a text have the same lines.
"""

import codecs
import html
import re
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that one's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_QUOTES: Final = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    }
)
_QUOTE: Final = re.compile(f"[{''.join(map(chr, _QUOTES))}]")  # to look for one takes a tenth of the time

# Slack writes links as <http://a.example|a.example>, and mail addresses and phone numbers likewise.
_SLACK_LINK: Final = re.compile(
    r"<(?:https?|wss?|mailto|tel|turns?|stuns?):([^|<>\s]{1,500})(?:\|([^<>]{0,500}))?>"
)

# Prefixes of loggers: Android's logcat (two forms), Xcode's console, dates with a level.
_PREFIX: Final = re.compile(
    r"^(?:>[ \t]?)*(?:"
    r"(?:\d{4}-)?\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,\d]*(?:[+-]\d{4}|Z)?[ \t]+\d+[ \t-]+\d+(?:/\S+)?[ \t]+[VDIWEFA][ /]"
    r"\S*?[ \t]*:[ \t]?"
    r"|[VDIWEFA]/[^\s(:]{1,60}[ \t]*(?:\([ \t]*\d+[ \t]*\))?:[ \t]?"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,\d]*(?:[+-]\d{4})? \S{1,60}\[[\d:a-fA-F]+\]:? ?"
    r"|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]*(?:\[?(?:TRACE|DEBUG|INFO|LOG|WARN|"
    r"WARNING|ERROR)\]?:?[ \t]*)?(?:[\w.$-]{1,60}:[ \t])?"
    r")?",
    re.MULTILINE | re.IGNORECASE,
)


def decode(source: str | bytes) -> str:
    """Decode *source*, with plain line ends. Invalid bytes become replacement characters."""
    return _decoded(source).replace("\r\n", "\n")


def _decoded(source: str | bytes) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    for mark, encoding in _BOMS:
        if source.startswith(mark):
            return source[len(mark) :].decode(encoding, "replace")
    return source.decode(_unmarked(source), "replace")


def plain(text: str) -> str:
    """Undo the changes that chat programs and word processors make to *text*."""
    if "<" in text:
        text = _SLACK_LINK.sub(lambda match: match[2] or match[0][1:-1], text)
    if "&" in text:
        text = html.unescape(text)
    return text.translate(_QUOTES) if _QUOTE.search(text) else text


def forms_of(text: str) -> tuple[str, ...]:
    """List *text* unchanged, then without the changes of chat programs, loggers, and escapes, line by line."""
    better = plain(text)
    return tuple(dict.fromkeys((text, better, unescaped(better), without_prefixes(better))))


def unescaped(text: str) -> str:
    """Undo one level of escapes, for text that was embedded in another text."""
    return text.replace('\\"', '"').replace("\\\\", "\\") if '{\\"' in text else text


def without_prefixes(text: str) -> str:
    """Remove logger prefixes from each line of *text*."""
    return _PREFIX.sub("", text)


def _unmarked(source: bytes) -> str:
    """Detect UTF-16 without a byte order mark by the zero bytes next to each letter."""
    head = source[:400]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 4 else "utf-8"
