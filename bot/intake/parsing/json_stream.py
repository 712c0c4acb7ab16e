"""Walk through a large JSON text value by value, without holding all of it as objects.

Pure. Only the values that are asked for are parsed, each in a window of the text, so the memory stays small.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_WINDOW: Final = 65_536  # bytes of the first attempt; more if a value is longer
_LARGEST: Final = 4_000_000  # bytes of one value; larger ones end the walk
_GAP: Final = re.compile(rb"[\s,]*")
_KEY: Final = re.compile(rb'"((?:[^"\\]|\\.){0,300})"\s*:\s*')
_DECODER: Final = json.JSONDecoder(strict=False)


def value_at(source: bytes, at: int) -> tuple[Any, int] | None:
    """Parse the value that begins at *at*. Return it and its end, or None if it is broken or too large."""
    size = _WINDOW
    while True:
        window = source[at : at + size].decode("utf-8", "ignore")
        try:
            value, end = _DECODER.raw_decode(window)
        except (ValueError, RecursionError):
            if size >= _LARGEST or at + size >= len(source):
                return None
            size *= 8
        else:
            return value, at + len(window[:end].encode())


def items(source: bytes, at: int) -> Iterator[Any]:
    """Yield the values of the list whose bracket is before *at*."""
    while (gap := _GAP.match(source, at)) and source[gap.end() : gap.end() + 1] not in (b"]", b""):
        found = value_at(source, gap.end())
        if found is None:
            return
        value, at = found
        yield value


def members(source: bytes, at: int) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the map whose bracket is before *at*."""
    while (gap := _GAP.match(source, at)) and (key := _KEY.match(source, gap.end())):
        found = value_at(source, key.end())
        if found is None:
            return
        value, at = found
        yield key[1].decode("utf-8", "replace"), value
