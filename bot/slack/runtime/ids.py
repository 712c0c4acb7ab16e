"""Names for cases and runs: short, easy to say on the phone, and never the same twice."""

import secrets
from typing import Final

_SYLLABLES: Final = tuple(first + second for first in "bdfghjklmnprstvz" for second in "aeiou")


def new_case() -> str:
    """Name a case, such as `case-dukafimo-31`."""
    return f"case-{_word(4)}-{_number()}"


def new_run() -> str:
    """Name a run, such as `lupa-disefo-47`; about ten thousand million of them."""
    return f"{_word(2)}-{_word(3)}-{_number()}"


def new_story() -> str:
    """Name what somebody told without a code; the end keeps it from being guessed."""
    return f"story-{_word(4)}-{secrets.token_hex(3)}"


def new_reference() -> str:
    """Name a fault of ours, so that it can be found in the log."""
    return f"E-{secrets.token_hex(4)}"


def _word(syllables: int) -> str:
    # One number for all: each time the kernel is asked, another thread may take over.
    number, text = secrets.randbelow(len(_SYLLABLES) ** syllables), ""
    for _ in range(syllables):
        number, item = divmod(number, len(_SYLLABLES))
        text += _SYLLABLES[item]
    return text


def _number() -> str:
    return f"{secrets.randbelow(90) + 10}"
