"""The table that a run of the scenarios leaves behind: scenario, expected, found, seconds. Pure."""

from dataclasses import dataclass
from typing import Final

import pytest


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario as it went."""

    scenario: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    seconds: float
    right: bool


ROWS: Final = pytest.StashKey[list[Row]]()


def lines(rows: list[Row]) -> list[str]:
    """The table as text, and a last line that sums it up."""
    head = f"{'scenario':30} {'expected':52} {'found':52} {'s':>5}"
    body = [
        f"{row.scenario:30} {_ids(row.expected):52} {_ids(row.found):52} {row.seconds:5.2f}"
        + ("" if row.right else "  WRONG")
        for row in rows
    ]
    right = sum(row.right for row in rows)
    total = sum(row.seconds for row in rows)
    return [head, *body, f"{right} of {len(rows)} scenarios right, {total:.0f} s of diagnoses"]


def _ids(ids: tuple[str, ...]) -> str:
    return ", ".join(ids) or "-"
