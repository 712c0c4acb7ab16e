"""Find the error codes that a sentence names, by the same rule as a paste.

Pure.
"""

from collections.abc import Collection

from bot.intake.parsing.error_codes import choose_codes, codes_in


def named_codes(sentence: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the *known* codes in *sentence*, in order; without one, what can only be a code."""
    return tuple(written.code for written in choose_codes(codes_in(sentence), known))
