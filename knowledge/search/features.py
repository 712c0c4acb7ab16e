"""What a text is described by, for comparing it with others: words, pairs, concepts and pieces of words.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from knowledge.search.tokens import Concepts, telling, words_of

_SIZE: Final = 4  # letters in a piece


@dataclass(frozen=True, slots=True)
class Weights:
    """How much one of each kind counts."""

    word: float = 1.0
    concept: float = 1.5
    pair: float = 0.6
    piece: float = 0.1


def features(text: str, concepts: Concepts, weights: Weights) -> dict[str, float]:
    """The features of *text*, each with its weight: `w:port`, `p:port open`, `c:blocked`, `g:firew`."""
    words = words_of(text)
    texts = telling(words)
    found: dict[str, float] = {}
    _add(found, (f"w:{word}" for word in texts), weights.word)
    _add(found, (f"p:{a} {b}" for a, b in pairwise(texts)), weights.pair)
    _add(found, (f"c:{name}" for name in concepts.found_in(words)), weights.concept)
    _add(found, pieces(texts), weights.piece)
    return found


def pieces(words: Iterable[str]) -> list[str]:
    """Overlapping pieces of each word: what a slip of the pen leaves whole."""
    found = []
    for word in words:
        if len(word) >= _SIZE and not word.isdigit():
            edged = f"_{word}_"
            found += [f"g:{edged[at : at + _SIZE]}" for at in range(len(edged) - _SIZE + 1)]
    return found


def _add(found: dict[str, float], names: Iterable[str], weight: float) -> None:
    if weight:
        for name in names:
            found[name] = max(found.get(name, 0.0), weight)
