"""How often a reading is right at each confidence, and why `sure` begins where it does.

The phrases are those held out. Five folds are cut by cause, so that no cause is in two of them: each fold is judged
with the threshold that the other four would choose. A threshold comes from a curve with two parameters that is fitted
to the phrases. To count them from above would let two wrong ones near the top move it by 0.3.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.intake.read import read
from bot.intake.symptoms import SURE_SHARE
from tests.eval.data import load
from tests.eval.field_cases import KNOWLEDGE, VOCABULARY, field_files, is_sure_and_wrong, load_cases
from tests.eval.phrases import Phrase, load_phrases

FOLDS: Final = 5
WANTED: Final = 0.95  # of the readings that are sure, so many have to be right
_STEPS: Final = 50  # of the fit, which needs about ten
_PRIOR: Final = 0.05  # keeps the slope finite where no phrase is wrong
_EDGES: Final = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


@dataclass(frozen=True, slots=True)
class Judged:
    """One phrase as it was read: the cause it was written about, the confidence, and whether that is right."""

    cause: str
    share: float
    right: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Bin:
    low: float
    high: float
    rows: int
    right: int
    mean: float


@dataclass(frozen=True, slots=True)
class Fold:
    """What the other folds choose, and what comes of it in this one."""

    threshold: float
    rows: int
    claimed: int
    right: int
    sure: int
    sure_right: int


def held_out() -> list[Phrase]:
    """All phrases that were never learnt from."""
    own = [Phrase(row.text, row.wanted) for row in load("symptoms", "held-out") if row.wanted]
    return own + load_phrases("public-held-out.tsv")


def judge(phrases: Iterable[Phrase]) -> list[Judged]:
    judged = []
    for phrase in phrases:
        match = read(phrase.text, VOCABULARY, KNOWLEDGE).match
        if match.causes:
            first = match.causes[0]
            right = first.cause in phrase.wanted
            judged.append(Judged(phrase.wanted[0], first.score, right, match.verdict == "sure"))
    return judged


def curve(judged: Sequence[Judged]) -> Iterator[Bin]:
    """By confidence: how many, how many of them right, and their mean confidence."""
    for low, high in pairwise(_EDGES):
        rows = [one for one in judged if low <= one.share < high]
        if rows:
            mean = sum(one.share for one in rows) / len(rows)
            yield Bin(low, min(high, 1.0), len(rows), sum(one.right for one in rows), mean)


def fit(judged: Sequence[Judged]) -> tuple[float, float]:
    """The offset and the slope of the logistic curve from confidence to the chance of being right (Newton's method)."""
    offset = slope = 0.0
    for _ in range(_STEPS):
        pull, lean, a, b, c = 0.0, -_PRIOR * slope, _PRIOR, 0.0, _PRIOR
        for one in judged:
            chance = _chance(one.share, offset, slope)
            weight = chance * (1 - chance)
            pull, lean = pull + one.right - chance, lean + (one.right - chance) * one.share
            a, b, c = a + weight, b + weight * one.share, c + weight * one.share**2
        offset += (c * pull - b * lean) / (a * c - b * b)
        slope += (a * lean - b * pull) / (a * c - b * b)
    return offset, slope


def _chance(share: float, offset: float, slope: float) -> float:
    return 1 / (1 + math.exp(-(offset + slope * share)))


def threshold_for(judged: Sequence[Judged]) -> float:
    """The lowest confidence from which on enough readings are right, by the fitted curve; 1 if there is none."""
    offset, slope = fit(judged)
    best, rows, expected = 1.0, 0, 0.0
    for share, alike in sorted(Counter(one.share for one in judged).items(), reverse=True):
        rows, expected = rows + alike, expected + alike * _chance(share, offset, slope)
        if expected >= WANTED * rows:
            best = share
    return best


def cross_validated(judged: Sequence[Judged]) -> list[Fold]:
    """Judge each fold with the threshold of the others."""
    fold_of = _folds(judged)
    folds = []
    for number in range(FOLDS):
        inside = [one for one in judged if fold_of[one.cause] == number]
        threshold = threshold_for([one for one in judged if fold_of[one.cause] != number])
        claimed = [one for one in inside if one.share >= threshold]
        sure = [one for one in inside if one.sure]
        folds.append(
            Fold(
                threshold,
                len(inside),
                len(claimed),
                sum(one.right for one in claimed),
                len(sure),
                sum(one.right for one in sure),
            )
        )
    return folds


def _folds(judged: Sequence[Judged]) -> dict[str, int]:
    """The fold of each cause; the folds have about as many phrases each."""
    sizes = Counter(one.cause for one in judged)
    filled = [0] * FOLDS
    fold_of = {}
    for cause, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold_of[cause] = filled.index(min(filled))
        filled[fold_of[cause]] += size
    return fold_of


def report() -> Iterator[str]:
    """The curve, the folds, and the reason for the threshold, in lines to print."""
    judged = judge(held_out())
    yield f"calibration of sure, on {len(judged)} held-out phrases"
    for one in curve(judged):
        yield (
            f"  confidence {one.low:.2f} to {one.high:.2f}: {one.right:3} of {one.rows:3} right"
            f" ({one.right / one.rows:4.0%}), mean confidence {one.mean:.2f}"
        )
    folds = cross_validated(judged)
    for number, fold in enumerate(folds, 1):
        yield (
            f"  fold {number}: the others choose {fold.threshold:.2f}; from there on {fold.right} of {fold.claimed}"
            f" right here; sure {fold.sure_right} of {fold.sure} right; {fold.rows} phrases"
        )
    chosen = sorted(fold.threshold for fold in folds)
    confident, wrong, sure, sure_wrong = on_field_cases()
    where = "above all of them, at" if chosen[-1] < SURE_SHARE else "at"
    yield (
        f"  The folds choose {chosen[0]:.2f} to {chosen[-1]:.2f} for {WANTED:.0%} right. Sure begins {where}"
        f" {SURE_SHARE:.2f}, and needs a line that is nearly alike or a decisive sign, because the field cases are"
        f" harder: with that confidence {wrong} of {confident} are wrong there; of those that are sure {sure_wrong} of"
        f" {sure}."
    )


def on_field_cases() -> tuple[int, int, int, int]:
    """Of the field cases: with the confidence of `sure`, wrong of these, sure, wrong of these."""
    confident, sure = [], []
    for case in (case for name in field_files() for case in load_cases(name) if case.way == "read"):
        match = read(case.text, VOCABULARY, KNOWLEDGE).match
        if match.causes and match.causes[0].score >= SURE_SHARE:
            claim = {"verdict": "sure", "causes": [one.cause for one in match.causes], "found": []}
            wrong = bool(is_sure_and_wrong(claim, case.expect))
            confident.append(wrong)
            sure += [wrong] if match.verdict == "sure" else []
    return len(confident), sum(confident), len(sure), sum(sure)
