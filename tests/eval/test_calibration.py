"""How sure a reading is can be believed: on phrases that were never learnt from, and in each fold of their causes."""

import math

import pytest

from tests.eval.calibration import (
    FOLDS,
    WANTED,
    Judged,
    cross_validated,
    curve,
    fit,
    held_out,
    judge,
    threshold_for,
)

pytestmark = pytest.mark.unmeasured


def test_sure_is_right() -> None:
    """On held-out phrases at least 95 % of what is sure is right, and from 0.8 of confidence on nearly all is."""
    judged = judge(held_out())
    sure = [one.right for one in judged if one.sure]
    assert sum(sure) >= WANTED * len(sure)
    confident = [one.right for one in judged if one.share >= 0.8]
    assert len(confident) >= 50
    assert sum(confident) >= WANTED * len(confident)
    assert sum(one.rows for one in curve(judged)) == len(judged)


def phrases(*rows: tuple[float, int, int]) -> list[Judged]:
    """Phrases by confidence: how many of them are right, and how many are wrong."""
    return [
        Judged("dns-failing", share, number < right, False)
        for share, right, wrong in rows
        for number in range(right + wrong)
    ]


def test_the_curve_is_the_one_that_the_phrases_come_from() -> None:
    """Where confidence says nothing, the curve is flat at their share; where it does, it rises."""
    offset, slope = fit(phrases((0.2, 90, 10), (0.9, 90, 10)))
    assert abs(1 / (1 + math.exp(-(offset + 0.5 * slope))) - 0.9) < 0.01
    assert abs(slope) < 0.1
    assert fit(phrases((0.2, 50, 50), (0.9, 99, 1)))[1] > 3


def test_the_threshold_is_the_lowest_that_keeps_the_share() -> None:
    """All may be claimed if nearly all are right; nothing, if too few are at any confidence."""
    assert threshold_for(phrases((0.4, 99, 1), (0.9, 99, 1))) == 0.4
    assert threshold_for(phrases((0.4, 50, 50), (0.9, 98, 2))) == 0.9
    assert threshold_for(phrases((0.4, 50, 50), (0.9, 60, 40))) == 1.0


def test_a_few_wrong_ones_near_the_top_do_not_move_it_there() -> None:
    """Counted from above, the threshold would go from 0.3 to 1."""
    judged = phrases(*((0.5 + number / 100, 2, 0) for number in range(40)), (0.3, 10, 30))
    moved = threshold_for([*judged, *phrases((0.95, 0, 5))])
    assert 0 < moved - threshold_for(judged) < 0.3


def test_no_cause_is_in_two_folds() -> None:
    """The folds hold every phrase once, and a fold is judged by the others alone."""
    causes = [f"cause-{number}" for number in range(10)]
    wrong = [Judged(cause, 0.9, cause != "cause-0", False) for cause in causes for _ in range(10)]
    folds = cross_validated(wrong)
    assert len(folds) == FOLDS
    assert [fold.rows for fold in folds] == [20] * FOLDS
    assert [fold.claimed for fold in folds if fold.right < fold.claimed] == [20]
