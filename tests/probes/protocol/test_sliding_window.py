"""The sliding window: which events count, and when the next one is allowed."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.sliding_window import SlidingWindow

PERIODS = st.floats(0.1, 10_000)
GAPS = st.lists(st.floats(0, 5_000), max_size=60)
MOST = st.integers(1, 10)


def test_event_counts_until_it_is_a_period_old() -> None:
    """An event counts at its own time, and not once it is exactly a period old."""
    window = SlidingWindow(60.0)
    window.add(100.0)
    window.add(130.0)
    assert [window.count(now) for now in (130.0, 159.9, 160.0, 189.9, 190.0)] == [2, 2, 1, 1, 0]


def test_when_there_is_room() -> None:
    """An event is allowed now, after the oldest excess events expire, or never if the limit is 0."""
    window = SlidingWindow(60.0)
    assert window.free_at(1, 5.0) == 5.0
    assert window.free_at(0, 5.0) == inf
    for now in (10.0, 20.0, 30.0):
        window.add(now)
    assert [window.free_at(most, 30.0) for most in (4, 3, 2, 1, 0, -1)] == [30.0, 70.0, 80.0, 90.0, inf, inf]


@given(PERIODS, GAPS, MOST)
def test_no_stretch_of_a_period_holds_more(period: float, gaps: list[float], most: int) -> None:
    """If events are added only when allowed, no stretch of a period has more than *most* events."""
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
    """An event is allowed at the time returned, and not just before it."""
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
    """The count equals that of a full search of all events."""
    window, now, times = SlidingWindow(period), 0.0, []
    for gap in gaps:
        now += gap
        window.add(now)
        times.append(now)
        assert window.count(now) == sum(time + period > now for time in times)
