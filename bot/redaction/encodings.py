"""See through the encodings in which logs carry secrets: percent signs, entities, escapes, and base64.

Pure: no network, no clock. Takes time proportional to the length of the text.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Final

from bot.redaction.secret_patterns import Found

Find = Callable[[str], Iterator[Found]]

DEPTH: Final = 3  # encodings inside each other
# One character written as several: RFC 3986 (%2B), HTML and XML (&quot;), JSON (\u0022). Colors of a terminal are none.
ESCAPED: Final = re.compile(
    r"%(?:25)*(?P<percent>[0-7][0-9A-Fa-f])|(?P<entity>&(?:quot|apos|amp|lt|gt|#\d{1,3}|#x[0-9A-Fa-f]{1,2});)"
    r"|\\u00(?P<json>[2-7][0-9A-Fa-f])|(?P<color>\x1b\[[0-9;]{0,20}[A-Za-z])"
)
BASE64: Final = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,16384}+={0,2}(?![\w+/=-])", re.ASCII)
# Who and what for HTTP Basic: a name, a colon, and something with a digit.
USER_AND_PASSWORD: Final = re.compile(r"[\w.@+-]{1,64}:(?=\S*\d)\S{6,128}")


def find_encoded(text: str, find: Find, depth: int = DEPTH) -> Iterator[Found]:
    """Yield the spans in *text* of what *find* finds once its encodings are undone."""
    if depth:
        yield from _escaped(text, find, depth)
        yield from _in_base64(text, find, depth)


def _escaped(text: str, find: Find, depth: int) -> Iterator[Found]:
    parts: list[str] = []
    places: list[int] = []  # of each character of the decoded text, and of its end
    at = 0
    for match in ESCAPED.finditer(text):
        character = _character(match)
        parts += [text[at : match.start()], character]
        places += [*range(at, match.start()), *([match.start()] if character else [])]
        at = match.end()
    if not parts:
        return
    places += range(at, len(text) + 1)
    decoded = "".join([*parts, text[at:]])
    for start, end, kind in (*find(decoded), *_in_base64(decoded, find, depth - 1)):
        yield places[start], places[end], kind


def _character(match: re.Match[str]) -> str:
    if code := match["percent"] or match["json"]:
        return chr(int(code, 16))
    if match["color"]:
        return ""
    return unescape(match["entity"])[:1] or " "


def _in_base64(text: str, find: Find, depth: int) -> Iterator[Found]:
    """Base64 is taken as a whole: it cannot be cut."""
    for match in BASE64.finditer(text):
        decoded = _decode(match[0])
        if not decoded:
            continue
        found = next(iter(find(decoded)), None) or next(find_encoded(decoded, find, depth - 1), None)
        if found or USER_AND_PASSWORD.fullmatch(decoded):
            yield *match.span(), found[2] if found else "password"


def _decode(token: str) -> str:
    """The text that *token* holds in base64; empty unless it is printable ASCII."""
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    text = raw.decode("ascii", errors="ignore")
    return (
        text
        if len(text) == len(raw) and all(letter.isprintable() or letter in "\r\n\t" for letter in text)
        else ""
    )
