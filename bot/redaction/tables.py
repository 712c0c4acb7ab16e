"""Find secrets in tables whose first row names the columns. Pure: no network, no clock."""

import re
from collections.abc import Iterator
from typing import Final

from bot.redaction.named_secrets import kind_of
from bot.redaction.secret_patterns import CELL, HARMLESS, Found

LABEL: Final = re.compile(r"[^\W\d]+(?:[ _-][^\W\d]+){0,3}")
# Column heads that may accompany a secret's in a table of two columns. Any other word is a value: `username | bob`.
OTHER_HEAD: Final = re.compile(
    r"user(?:[ _-]?name)?|login|account|host(?:name)?|server|realm|ttl|urls?|port|name|id|type|service|role|e?mail|"
    r"value|comment|notes?",
    re.IGNORECASE,
)
RULE: Final = re.compile(r"[\s|+:=─-]*")  # the line below the heads
CELLS: Final = re.compile(r"[^|\t\n]+")


def find_in_columns(text: str) -> Iterator[Found]:
    """Yield the cells below a head that names a secret, as in `user | credential`."""
    heads: list[tuple[int, str]] = []  # the index of each such column, and its kind
    at = width = 0
    for line in text.splitlines(keepends=True):
        cells = (
            [cell for cell in CELLS.finditer(line) if cell[0].strip()] if "|" in line or "\t" in line else []
        )
        labels = [cell[0].strip() for cell in cells]
        if len(cells) < 2:
            heads = heads if line.strip() and RULE.fullmatch(line.strip()) else []
        elif named := _heads(labels):
            heads, width = named, len(cells)
        elif heads and not RULE.fullmatch(line) and len(cells) == width:
            yield from _values(cells, heads, at)
        at += len(line)


def _heads(labels: list[str]) -> list[tuple[int, str]]:
    """The columns whose head names a secret, if these are heads."""
    if not all(map(LABEL.fullmatch, labels)):
        return []
    named = [(index, kind_of(label)) for index, label in enumerate(labels) if CELL.fullmatch(label)]
    if len(labels) == 2 and len(named) == 1 and not OTHER_HEAD.fullmatch(labels[1 - named[0][0]]):
        return []
    return named


def _values(cells: list[re.Match[str]], heads: list[tuple[int, str]], at: int) -> Iterator[Found]:
    for index, kind in heads:
        value = cells[index][0].strip()
        if not HARMLESS.fullmatch(value):
            start = at + cells[index].start() + cells[index][0].index(value)
            yield start, start + len(value), kind
