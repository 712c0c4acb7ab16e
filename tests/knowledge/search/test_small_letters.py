"""A pattern for small letters finds what `re.IGNORECASE` finds."""

import re

import pytest

from knowledge.search.small_letters import CaselessPattern

PATTERN = r"error[ _-]?(?P<code>\d{5})|\bSIGNALS?\b[^A-Z\n]|clos(?:ed?|ing)\S"
TEXTS = (
    "ERROR 31009, error_31005; Signal. Closing!",
    "Geschlossen: ÄÖÜ Fehler, Error-31003 closed\u2026",
    "\u0130stanbul ERROR 31009 after a sign that is two in small letters",
    "clos\u0131ng! \u017fignal. s\u0131gnal, ERROR 53405",
    "nothing",
    "",
)


@pytest.mark.parametrize("text", TEXTS)
def test_it_finds_what_a_search_without_case_finds(text: str) -> None:
    """The same places, in any text, and also in one whose small letters are more."""
    usual = re.compile(PATTERN, re.IGNORECASE)
    quick = CaselessPattern(PATTERN)
    assert [match.span() for match in quick.finditer(text)] == [
        match.span() for match in usual.finditer(text)
    ]
    first, same = usual.search(text), quick.search(text)
    assert (first and (first.span(), first["code"])) == (same and (same.span(), same["code"]))
