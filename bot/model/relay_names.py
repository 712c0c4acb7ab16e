"""Relays named in a text: how people list them, and which of the names are relays.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.errors import nearest
from bot.model.request import Vocabulary

# One or several names, as people list them: "a and b", "a, b and c".
NAMES: Final = r"([\w.-]+(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*)[\w.-]+){0,30})"


def relays_in(text: str, vocabulary: Vocabulary, *, typed: bool = True) -> tuple[str, ...]:
    """List the relays at the beginning of *text*, as far as its words are relays: "a, b and it fails" gives two."""
    found: dict[str, None] = {}
    for word in re.split(r"[\s,&]+(?:and\s+)?|\s+and\s+", text.casefold()):
        near = known_or_near(word.rstrip(".-"), vocabulary.relays, typed=typed)
        if near is None:
            break
        found[near] = None
    return tuple(found)


def known_or_near(text: str, words: tuple[str, ...], *, typed: bool) -> str | None:
    """Give the one of *words* that is *text*, or nearly, where it was *typed* by hand."""
    return text if text in words else nearest(text, words) if typed else None
