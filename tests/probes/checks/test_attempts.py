"""How many failed attempts count as dropped: by what the controls lost, and what the plan measured."""

import pytest

from probes.checks.attempts import interval_of, upper_of
from probes.net.loss import LossMeter, attempts_needed, lower_bound, upper_bound


def test_without_any_measurement_the_line_may_lose_everything() -> None:
    """Then no number of attempts is enough."""
    assert upper_of(LossMeter(), LossMeter()) == 1.0


def test_clean_controls_and_a_clean_line_count_together() -> None:
    """Six attempts are enough on a line that lost none of 50 packets and no control."""
    assert upper_of(LossMeter(6, 0), LossMeter(50, 0)) == upper_bound(0, 56)
    assert attempts_needed(upper_of(LossMeter(6, 0), LossMeter(50, 0))) == 6


@pytest.mark.parametrize(
    ("controls", "line"), [(LossMeter(10, 4), LossMeter(150, 0)), (LossMeter(30, 0), LossMeter(50, 20))]
)
def test_the_worse_of_two_measurements_decides(controls: LossMeter, line: LossMeter) -> None:
    """A line that spares the one kind of packet may lose the other: many clean packets do not hide that."""
    worse = max(controls, line, key=LossMeter.upper)
    assert upper_of(controls, line) == worse.upper()


def test_a_line_of_which_no_packet_came_back_says_nothing() -> None:
    """UDP is blocked there, perhaps; the controls decide alone, and are reported alone."""
    controls, blocked = LossMeter(12, 1), LossMeter(50, 50)
    assert upper_of(controls, blocked) == controls.upper()
    assert interval_of(controls, blocked) == (controls.lower(), controls.upper())


def test_without_an_answered_control_the_line_decides() -> None:
    """All of TCP is blocked, perhaps, and the small UDP packets still tell what the line loses."""
    assert upper_of(LossMeter(12, 12), LossMeter(50, 2)) == upper_bound(2, 50)


def test_the_interval_is_of_all_packets() -> None:
    """Its lower bound is the one that a report of the loss is held against."""
    low, high = interval_of(LossMeter(10, 2), LossMeter(50, 8))
    assert low == lower_bound(10, 60)
    assert high == LossMeter(10, 2).upper()
