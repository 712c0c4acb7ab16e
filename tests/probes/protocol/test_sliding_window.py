"""The sliding window: what counts, and when there is room again."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.sliding_window import SlidingWindow

PERIODS = st.floats(0.1, 10_000)
GAPS = st.lists(st.floats(0, 5_000), max_size=60)
MOST = st.integers(1, 10)


def test_event_counts_until_it_is_a_period_old() -> None:
    """An event of this moment counts, one that is exactly a period old does not."""
    window = SlidingWindow(60.0)
    window.add(100.0)
    window.add(130.0)
    assert [window.count(now) for now in (130.0, 159.9, 160.0, 189.9, 190.0)] == [2, 2, 1, 1, 0]


def test_when_there_is_room() -> None:
    """Room is now, when the oldest events that are too many have gone, or never where none is allowed."""
    window = SlidingWindow(60.0)
    assert window.free_at(1, 5.0) == 5.0
    assert window.free_at(0, 5.0) == inf
    for now in (10.0, 20.0, 30.0):
        window.add(now)
    assert [window.free_at(most, 30.0) for most in (4, 3, 2, 1, 0, -1)] == [30.0, 70.0, 80.0, 90.0, inf, inf]


@given(PERIODS, GAPS, MOST)
def test_no_stretch_of_a_period_holds_more(period: float, gaps: list[float], most: int) -> None:
    """Whoever adds only where there is room has at most *most* events in any stretch as long as the period."""
    window, now, times = SlidingWindow(period), 0.0, []
    for gap in gaps:
        now += gap
        if window.free_at(most, now) <= now:
            window.add(now)
            times.append(now)
    for first, last in zip(times, times[most:], strict=False):
        assert first + period <= last


@given(PERIODS, GAPS, MOST)
def test_room_comes_when_it_says(period: float, gaps: list[float], most: int) -> None:
    """At the time that it names there is room, and just before there is none."""
    window, now = SlidingWindow(period), 0.0
    for gap in gaps:
        now += gap
        free = window.free_at(most, now)
        if free > now:
            before = (now + free) / 2
            assert before == free or window.count(before) >= most
            now = free
            assert window.count(now) < most
        window.add(now)


@given(PERIODS, GAPS)
def test_count_is_what_is_younger_than_a_period(period: float, gaps: list[float]) -> None:
    """The count is that of a list searched from end to end."""
    window, now, times = SlidingWindow(period), 0.0, []
    for gap in gaps:
        now += gap
        window.add(now)
        times.append(now)
        assert window.count(now) == sum(time + period > now for time in times)
