"""Features of a text, for comparing it with others: words, word pairs, concepts, and word fragments.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from knowledge.search.tokens import Concepts, telling, words_of

_SIZE: Final = 4  # letters per fragment


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each kind of feature."""

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
    """Overlapping fragments of each word: a typo leaves some of them intact."""
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
