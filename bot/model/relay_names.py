"""Find relay names in a text, in the ways in which people list them.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.errors import nearest
from bot.model.request import Vocabulary

# One or more names, as people list them: "a and b", "a, b and c".
NAMES: Final = r"([\w.-]+(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*)[\w.-]+){0,30})"


def relays_in(text: str, vocabulary: Vocabulary, *, typed: bool = True) -> tuple[str, ...]:
    """List the relays at the start of *text*, up to the first other word: "a, b and it fails" gives two."""
    found: dict[str, None] = {}
    for word in re.split(r"[\s,&]+(?:and\s+)?|\s+and\s+", text.casefold()):
        near = known_or_near(word.rstrip(".-"), vocabulary.relays, typed=typed)
        if near is None:
            break
        found[near] = None
    return tuple(found)


def known_or_near(text: str, words: tuple[str, ...], *, typed: bool) -> str | None:
    """Return the one of *words* that equals *text*, or nearly, if it was *typed* by hand."""
    return text if text in words else nearest(text, words) if typed else None
