"""See through the encodings in which logs carry secrets: percent signs, entities, escapes, mail, and base64.

Pure: no network, no clock. Takes time proportional to the length of the text.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Final

from bot.redaction.look_alikes import replace
from bot.redaction.secret_patterns import Found

Find = Callable[[str], Iterator[Found]]

DEPTH: Final = 3  # encodings inside each other
# One character written as several: RFC 3986 (%2B, %C3%B1), C and Python (\x2B), HTML and XML (&quot;), JSON (\u0022),
# each of them perhaps twice (%252B, &amp;quot;, \\u0022). Colors of a terminal are none.
ESCAPED: Final = re.compile(
    r"(?P<byte>(?:%(?:25)*|\\{1,8}x)[0-7][0-9A-Fa-f])"
    r"|(?P<bytes>(?:(?:%(?:25)*|\\{1,8}x)[A-Fa-f][0-9A-Fa-f])(?:(?:%(?:25)*|\\{1,8}x)[89ABab][0-9A-Fa-f]){0,3})"
    r"|&(?:amp;){0,4}(?P<entity>[A-Za-z]{2,8}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"
    r"|\\{1,8}(?:u(?P<json>[0-9A-Fa-f]{4})|(?P<nul>0(?!\d)))|(?P<color>\x1b\[[0-9;]{0,20}[A-Za-z])"
)
# RFC 2045, "quoted printable": =3D, and = at the end of a line that goes on.
MAIL: Final = re.compile(
    r"(?P<byte>=[0-7][0-9A-F])|(?P<bytes>=[A-F][0-9A-F](?:=[89AB][0-9A-F]){0,3})|(?P<color>=[ \t]{0,8}\r?\n)"
)
IS_MAIL: Final = re.compile(r"=3D|=[C-F][0-9A-F]=[89AB][0-9A-F]|[a-z]=\r?\n[a-z]")
HEX: Final = re.compile(r"[0-9A-Fa-f]{2}(?=%|\\|=|\Z)")
# One token, or lines of the same width, as tools wrap them.
BASE64: Final = re.compile(
    r"(?<![\w+/-])(?:(?:[A-Za-z0-9+/]{60,120}+\r?\n[ \t]{0,16}+)++[A-Za-z0-9+/]{1,120}+|[A-Za-z0-9+/_-]{16,16384}+)"
    r"={0,2}(?![\w+/=-])",
    re.ASCII,
)
# Who and what for HTTP Basic: a name, a colon, and something with a digit.
USER_AND_PASSWORD: Final = re.compile(r"[\w.@+-]{1,64}:(?=\S*\d)\S{6,128}")


def find_encoded(text: str, find: Find, depth: int = DEPTH) -> Iterator[Found]:
    """Yield the spans in *text* of what *find* finds once its encodings are undone."""
    if depth:
        yield from _escaped(text, ESCAPED, find, depth)
        if IS_MAIL.search(text):
            yield from _escaped(text, MAIL, find, depth)
        yield from _in_base64(text, find, depth)


def _escaped(text: str, form: re.Pattern[str], find: Find, depth: int) -> Iterator[Found]:
    decoded, place = replace(form, text, _character)
    if len(decoded) < len(text):
        for start, end, kind in (*find(decoded), *_in_base64(decoded, find, depth - 1)):
            yield place(start), place(end), kind


def _character(match: re.Match[str]) -> str:
    """The character that *match* writes; empty if it writes none."""
    if match["color"]:
        return ""
    if match["byte"]:
        return chr(int(match["byte"][-2:], 16))
    if match["bytes"]:
        raw = bytes.fromhex("".join(HEX.findall(match["bytes"])))
        return raw.decode("utf-8", errors="ignore")[:1] or chr(raw[0])
    if "json" in (groups := match.groupdict()) and groups["json"]:
        return chr(int(groups["json"], 16))
    return "\0" if groups["nul"] else unescape(f"&{groups['entity']};")[:1] or " "


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
    """The text that *token* holds in base64, in UTF-8 or UTF-16; empty unless it is printable."""
    body = "".join(token.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        text = raw.decode(_encoding(raw)).removeprefix("\ufeff")
    except (binascii.Error, ValueError):
        return ""
    return text if all(letter.isprintable() or letter in "\r\n\t" for letter in text) else ""


def _encoding(raw: bytes) -> str:
    """UTF-16 has a zero next to each ASCII letter; text in UTF-8 has none."""
    if raw.count(0) * 5 < len(raw):
        return "utf-8"
    return "utf-16-le" if raw[1::2].count(0) > raw[::2].count(0) else "utf-16-be"
