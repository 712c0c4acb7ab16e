"""Readable ids for cases and runs: short, easy to read out on the phone, random."""

import secrets
from typing import Final

_SYLLABLES: Final = tuple(first + second for first in "bdfghjklmnprstvz" for second in "aeiou")


def new_case() -> str:
    """Return a new case id, such as `case-dukafimo-31`."""
    return f"case-{_word(4)}-{_number()}"


def new_run() -> str:
    """Return a new run id, such as `lupa-disefo-47`; there are about 10 billion."""
    return f"{_word(2)}-{_word(3)}-{_number()}"


def new_story() -> str:
    """Return a new id for a problem described without an error code; the random end cannot be guessed."""
    return f"story-{_word(4)}-{secrets.token_hex(3)}"


def new_reference() -> str:
    """Return a new reference for an internal error, by which it can be found in the log."""
    return f"E-{secrets.token_hex(4)}"


def _word(syllables: int) -> str:
    # One random number for all syllables: at each system call, another thread may take over.
    number, text = secrets.randbelow(len(_SYLLABLES) ** syllables), ""
    for _ in range(syllables):
        number, item = divmod(number, len(_SYLLABLES))
        text += _SYLLABLES[item]
    return text


def _number() -> str:
    return f"{secrets.randbelow(90) + 10}"
