"""How sure a reading is can be believed: on phrases that were never learnt from, and in each fold of their causes."""

from tests.eval.calibration import (
    FOLDS,
    WANTED,
    Judged,
    cross_validated,
    curve,
    held_out,
    judge,
    threshold_for,
)


def test_sure_is_right() -> None:
    """On held-out phrases at least 95 % of what is sure is right, and from 0.8 of confidence on nearly all is."""
    judged = judge(held_out())
    sure = [one.right for one in judged if one.sure]
    assert sum(sure) >= WANTED * len(sure)
    confident = [one.right for one in judged if one.share >= 0.8]
    assert len(confident) >= 50
    assert sum(confident) >= WANTED * len(confident)
    assert sum(one.rows for one in curve(judged)) == len(judged)


def test_the_threshold_is_the_lowest_that_keeps_the_share() -> None:
    """One wrong reading in twenty-one is too many below the last of twenty right ones, and one in twenty is not."""
    right = [Judged("dns-failing", 0.5 + number / 100, True, False) for number in range(20)]
    assert threshold_for([*right, Judged("dns-failing", 0.4, False, False)]) == 0.4
    assert threshold_for([*right[:18], Judged("dns-failing", 0.4, False, False)]) == 0.5
    assert threshold_for([Judged("dns-failing", 0.9, False, True)]) == 1.0


def test_no_cause_is_in_two_folds() -> None:
    """The folds hold every phrase once, and a fold is judged by the others alone."""
    causes = [f"cause-{number}" for number in range(10)]
    wrong = [Judged(cause, 0.9, cause != "cause-0", False) for cause in causes for _ in range(10)]
    folds = cross_validated(wrong)
    assert len(folds) == FOLDS
    assert [fold.rows for fold in folds] == [20] * FOLDS
    assert [fold.claimed for fold in folds if fold.right < fold.claimed] == [20]
