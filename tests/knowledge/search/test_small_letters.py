"""A pattern for small letters finds what `re.IGNORECASE` finds."""

import re

import pytest

from knowledge.search.small_letters import CaselessPattern

PATTERN = r"error[ _-]?(?P<code>\d{5})|\bSIGNALS?\b[^A-Z\n]|clos(?:ed?|ing)\S"
WORDS = (
    r"\bsignals?\b",
    r"\bVPN\s*(?:on|off)",
    r"\bin(?P<code>ow)?",
    r"\b(?-i:TURN) off",
    r"\ba+",
    r"\bab{2}c",
)
TEXTS = (
    "ERROR 31009, error_31005; Signal. Closing!",
    "Geschlossen: ÄÖÜ Fehler, Error-31003 closed\u2026",
    "\u0130stanbul ERROR 31009 after a sign that is two in small letters",
    "clos\u0131ng! \u017fignal. s\u0131gnal, ERROR 53405",
    "no signal, signals; presignal; VPN off, myVPN off, on_vpn on; now and inow",
    "TURN off, turn off, Turn off, aab a ba abbc xabbc",
    "nothing",
    "",
)


@pytest.mark.parametrize("pattern", [PATTERN, *WORDS])
def test_it_finds_what_a_search_without_case_finds(pattern: str) -> None:
    """The same places, in any text, and also in one whose small letters are more."""
    usual = re.compile(pattern, re.IGNORECASE)
    quick = CaselessPattern(pattern)
    for text in TEXTS:
        places = [(match.span(), match.span(match.lastindex or 0)) for match in usual.finditer(text)]
        assert [(match.span(), match.span(match.lastindex or 0)) for match in quick.finditer(text)] == places
        first = quick.search(text)
        assert (first.span() if first else None) == (places[0][0] if places else None)
