"""What a text is described by, for comparing it with others: words, pairs, concepts and pieces of words.

Pure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from knowledge.search.words import Concepts, telling, words_of

# How much one of each kind counts; found by cross-validation on the tuning phrases (`make eval ARGS=--tune`).
WORD: Final = 1.0
CONCEPT: Final = 1.5
PAIR: Final = 0.5
PIECE: Final = 0.2
_SIZE: Final = 4  # letters in a piece


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of feature counts."""

    word: float = WORD
    concept: float = CONCEPT
    pair: float = PAIR
    piece: float = PIECE


def features(text: str, concepts: Concepts, weights: Weights) -> dict[str, float]:
    """The features of *text*, each with its weight: `w:port`, `p:port open`, `c:blocked`, `g:firew`."""
    words = words_of(text)
    told = telling(words)
    found: Counter[str] = Counter()
    _add(found, (f"w:{word}" for word in told), weights.word)
    _add(found, (f"p:{a} {b}" for a, b in zip(told, told[1:], strict=False)), weights.pair)
    _add(found, (f"c:{name}" for name in concepts.found_in(words)), weights.concept)
    _add(found, pieces(told), weights.piece)
    return dict(found)


def pieces(words: Iterable[str]) -> list[str]:
    """Overlapping pieces of each word: what a slip of the pen leaves whole."""
    found = []
    for word in words:
        if len(word) >= _SIZE and not word.isdigit():
            edged = f"_{word}_"
            found += [f"g:{edged[at : at + _SIZE]}" for at in range(len(edged) - _SIZE + 1)]
    return found


def _add(found: "Counter[str]", names: Iterable[str], weight: float) -> None:
    if weight:
        for name in names:
            found[name] = max(found[name], weight)
