"""Bounds of a loss rate and the attempts that it cannot explain, against the exact binomial in whole numbers."""

import sys
from fractions import Fraction
from math import comb
from time import process_time

import pytest

from probes.net.loss import CHANCE, LossMeter, attempts_needed, lower_bound, upper_bound

PAIRS = [(0, 1), (0, 50), (1, 50), (5, 50), (0, 150), (3, 150), (29, 150), (75, 150), (149, 150)]


def at_most(lost: int, sent: int, rate: float) -> float:
    """The lower tail of the binomial, in fractions: no rounding."""
    chance = Fraction(rate)
    return float(sum(comb(sent, k) * chance**k * (1 - chance) ** (sent - k) for k in range(lost + 1)))


@pytest.mark.parametrize(("lost", "sent"), PAIRS)
def test_on_a_line_at_the_upper_bound_so_few_losses_have_a_chance_of_one_percent(
    lost: int, sent: int
) -> None:
    """This is the definition of the Clopper-Pearson bound."""
    assert at_most(lost, sent, upper_bound(lost, sent)) == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize(("lost", "sent"), PAIRS)
def test_on_a_line_at_the_lower_bound_so_many_losses_have_a_chance_of_five_percent(
    lost: int, sent: int
) -> None:
    """Without a loss there is no lower bound but 0."""
    bound = lower_bound(lost, sent)
    if lost == 0:
        assert bound == 0
    else:
        assert 1 - at_most(lost - 1, sent, bound) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize("rate", [0.0975, 0.19, 0.36, 0.51])
@pytest.mark.parametrize("sent", [12, 50, 150])
def test_loss_alone_is_taken_for_a_drop_less_than_once_in_a_hundred_thousand(rate: float, sent: int) -> None:
    """Over every outcome of the measurement: the chance that as many attempts are lost as it asks for.

    A measurement underestimates the bound once in a hundred times, and then by little.
    """
    wrong = sum(
        comb(sent, lost)
        * rate**lost
        * (1 - rate) ** (sent - lost)
        * rate ** min(attempts_needed(upper_bound(lost, sent)), 10_000)
        for lost in range(sent + 1)
    )
    assert wrong < 10 * CHANCE


def test_how_many_attempts_a_drop_takes() -> None:
    """Few on a line without loss, more with every loss, and no number if nothing came back."""
    needed = [attempts_needed(upper_bound(lost, 50)) for lost in (0, 5, 10, 18, 50)]
    assert needed == [6, 10, 14, 23, sys.maxsize]
    assert attempts_needed(upper_bound(0, 150)) == 4
    assert attempts_needed(0.0) == 1
    assert attempts_needed(0.1) == 6


@pytest.mark.parametrize("loss", [0.011, 0.088, 0.3, 0.6])
def test_so_many_attempts_are_enough_and_fewer_are_not(loss: float) -> None:
    """The chance that all of them are lost is below one in a million; with one fewer, it is above."""
    needed = attempts_needed(loss)
    assert loss**needed <= CHANCE < loss ** (needed - 1)


def test_a_meter_bounds_what_it_counted() -> None:
    """Nothing measured allows any loss."""
    meter = LossMeter()
    assert (meter.lower(), meter.upper()) == (0.0, 1.0)
    for number in range(50):
        meter.record(answered=number % 10 != 0)
    assert (meter.sent, meter.lost) == (50, 5)
    assert (meter.lower(), meter.upper()) == (lower_bound(5, 50), upper_bound(5, 50))


def test_a_bound_takes_less_than_a_millisecond_of_a_typical_measurement() -> None:
    """The attempts ask for it again and again while they wait."""
    start = process_time()
    for _ in range(20):
        upper_bound(5, 150)
    assert (process_time() - start) / 20 < 0.001
