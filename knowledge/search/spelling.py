"""Correct misspelled words of a description, if exactly one known word is close enough.

Pure. Corrects only what no known line contains, so a right word stays; a word of another subject may too.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from string import ascii_lowercase
from typing import Final

from knowledge.search.languages import shorthand

LONGEST: Final = 600  # characters; longer texts are pastes
_WORD: Final = re.compile(r"(?<![\w./:@#-])[A-Za-z][a-z]{2,14}(?![\w./:@-])")
_SHORT: Final = 5  # letters; below, only a left-out letter is put back
_LONG: Final = 8  # letters; from here, two slips are corrected


def correct(text: str, known: Collection[str]) -> str:
    """Return *text* with its misspelled words corrected to *known* ones (lower case, as written)."""
    if len(text) > LONGEST:
        return text
    known = known if isinstance(known, frozenset) else frozenset(known)
    sentence = re.sub(
        r"\b(can(?:no|')?t|not|n't|nobody|never) here (us|me|him|her|them|anything)\b", r"\1 hear \2", text
    )
    return _WORD.sub(lambda match: _better(match[0], known), sentence)


def _better(word: str, known: frozenset[str]) -> str:
    lower = word.casefold()
    if lower in shorthand():
        return shorthand()[lower]
    return word if lower in known else _nearest(lower, known) or word


@lru_cache(maxsize=4096)
def _nearest(word: str, known: frozenset[str]) -> str:
    """Return the one known word with the same first letter that is a slip away; "" if there is none, or several."""
    first = {near for near in _slips(word, full=len(word) >= _SHORT) if near in known and near[0] == word[0]}
    if not first and len(word) >= _LONG:
        first = {
            near
            for once in _slips(word, full=True)
            if once[:1] == word[0]
            for near in _slips(once, full=True)
            if near in known and near[0] == word[0]
        }
    return min(first, key=lambda near: (abs(len(near) - len(word) - 1), near)) if first else ""


def _slips(word: str, *, full: bool) -> set[str]:
    """Return *word* with one letter put in, and if *full*, also left out, changed, or swapped."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    made = {head + letter + tail for head, tail in parts for letter in ascii_lowercase}
    if full:
        made |= {head + tail[1:] for head, tail in parts if tail}
        made |= {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
        made |= {head + letter + tail[1:] for head, tail in parts if tail for letter in ascii_lowercase}
    return made - {word}
