"""Decide how well a passage answers a question, by words and, where they are compared, sentence vectors.

Pure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from knowledge.search.ranker import Ranked

Fit = Literal["sure", "likely", "none"]

# Chosen on the tuning questions, 124 more unrelated ones, and the passages' own questions by cross-validation.
_ENOUGH: Final = {"subject": 1.25, "thin": 2.0, "": math.inf}  # by what the question shares with the passage
_COVERED: Final = 0.5  # for the share of the question's words that the passage has
_STRANGE: Final = 0.4  # for each word that no passage has
_AHEAD: Final = 0.4  # for its lead over the subjects that are not covered here
_NEARLY: Final = 0.5  # how much may be missing for a likely answer
_AS_WELL: Final = 0.3  # the lead below which the next passage fits nearly as well
_CERTAIN: Final = 0.9  # the lead from which vectors are not needed

# The same with sentence vectors; docs/adr/0020-vectors-for-questions.md has the figures.
_ALIKE: Final = 3.0  # what the similarity adds to the score, less that of unrelated lines
_UNRELATED: Final = 0.4
_ALIKE_SURE: Final = 2.0  # what it adds to how well a passage answers, or takes away
_RELATED: Final = 0.5
_NEARLY_ALIKE: Final = 0.6
_AS_WELL_ALIKE: Final = 0.4


def fit_of(best: Ranked, shared: str, strange: int) -> Fit:
    """How well *best* answers. *shared* says what it has of the question, of which *strange* words are not covered."""
    sure = best.score + _COVERED * best.share + _AHEAD * min(best.ahead, 1.0) - _STRANGE * strange
    if best.alike is not None:
        sure += _ALIKE_SURE * (best.alike - _RELATED)
    missing = _ENOUGH[shared] - sure
    if missing <= 0:
        return "sure"
    return "likely" if missing <= (_NEARLY if best.alike is None else _NEARLY_ALIKE) else "none"


def fits_as_well(ranked: Sequence[Ranked]) -> bool:
    """Whether the second of *ranked* fits nearly as well as the first."""
    return _lead(ranked) < (_AS_WELL if ranked[0].alike is None else _AS_WELL_ALIKE)


def is_certain(ranked: Sequence[Ranked], fit: Fit) -> bool:
    """Whether words alone decide, because the first of *ranked* answers surely and is far ahead."""
    return fit == "sure" and _lead(ranked) >= _CERTAIN


def rerank(ranked: Sequence[Ranked], likeness: Mapping[str, float]) -> list[Ranked]:
    """Rank by words and by *likeness*, the similarity of each label by sentence vectors."""
    compared = [replace(item, alike=likeness.get(item.label, 0.0)) for item in ranked]
    return sorted(compared, key=lambda item: (-_merit(item), item.label))


def _lead(ranked: Sequence[Ranked]) -> float:
    return _merit(ranked[0]) - _merit(ranked[1]) if len(ranked) > 1 else math.inf


def _merit(item: Ranked) -> float:
    return item.score if item.alike is None else item.score + _ALIKE * (item.alike - _UNRELATED)
