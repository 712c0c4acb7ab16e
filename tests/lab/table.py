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


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A browser and a relay in one scenario; *result* is agree, unknown, or differs."""

    scenario: str
    browser: str
    expected: str
    found: tuple[str, ...]
    relay: tuple[str, ...]
    result: str
    seconds: float


ROWS: Final = pytest.StashKey[list[Row]]()
CHECKS: Final = pytest.StashKey[list[CheckRow]]()


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


def check_lines(rows: list[CheckRow]) -> list[str]:
    """The same for browsers beside relays."""
    head = f"{'scenario':26} {'browser':9} {'expected':18} {'browser found':26} {'relay found':26} {'':8} {'s':>5}"
    body = [
        f"{row.scenario:26} {row.browser:9} {row.expected:18} {_ids(row.found):26} {_ids(row.relay):26} "
        f"{row.result:8} {row.seconds:5.1f}"
        for row in rows
    ]
    counts = {result: sum(row.result == result for row in rows) for result in ("agree", "unknown", "differs")}
    return [head, *body, ", ".join(f"{result} {count}" for result, count in counts.items())]


def _ids(ids: tuple[str, ...]) -> str:
    return ", ".join(ids) or "-"
