"""The token bucket: a burst, then a steady rate, and never more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.token_bucket import TokenBucket

CAPACITIES = st.integers(1, 50)
RATES = st.floats(0.001, 1000)
GAPS = st.lists(st.floats(0, 30), max_size=60)


def test_burst_then_rate() -> None:
    """A full bucket gives its capacity at once, then its rate; it never holds more than its capacity."""
    bucket = TokenBucket.full(2, 0.5, 100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [True, True, False]
    assert bucket.wait(100.0) == pytest.approx(2.0, abs=1e-5)
    assert [bucket.take(101.9), bucket.take(102.0), bucket.take(102.0)] == [False, True, False]
    assert [bucket.take(1e9) for _ in range(3)] == [True, True, False]


def test_full_is_as_good_as_new() -> None:
    """A bucket is full until a token is taken, and again once it is refilled."""
    bucket = TokenBucket.full(3, 1.0, 0.0)
    assert bucket.is_full(0.0)
    assert bucket.take(0.0)
    assert not bucket.is_full(0.9)
    assert bucket.is_full(1.0)


def test_rounding_loses_no_token() -> None:
    """Ten tenths of a token are one, although their sum in floating point is a little less."""
    bucket = TokenBucket.full(1, 0.1, 0.0)
    assert bucket.take(0.0)
    assert not any(bucket.take(float(second)) for second in range(1, 10))
    assert bucket.left + 0.1 < 1
    assert bucket.take(10.0)


def test_clock_that_goes_backward_takes_nothing() -> None:
    """A clock that goes backward takes no tokens, and the refill continues as if it had not."""
    bucket = TokenBucket.full(2, 1.0, 100.0)
    assert bucket.take(100.0)
    assert bucket.take(50.0)
    assert bucket.wait(50.0) == pytest.approx(1.0, abs=1e-5)
    assert [bucket.take(100.5), bucket.take(101.0)] == [False, True]


@given(CAPACITIES, RATES, GAPS)
def test_never_more_than_capacity_and_rate(capacity: int, rate: float, gaps: list[float]) -> None:
    """In any pattern of takes, no more tokens are taken than the capacity and the refill."""
    bucket, now, taken = TokenBucket.full(capacity, rate, 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
        assert -1e-5 <= bucket.left <= capacity
    assert taken <= capacity + now * rate + 1e-3


@given(CAPACITIES, RATES, GAPS)
def test_waiting_is_enough_and_needed(capacity: int, rate: float, gaps: list[float]) -> None:
    """After the wait returned a token can be taken, and after half of it not."""
    bucket, now = TokenBucket.full(capacity, rate, 0.0), 0.0
    for gap in gaps:
        now += gap
        bucket.take(now)
        if (wait := bucket.wait(now)) > 1e-3:
            assert not bucket.take(now + wait / 2)
            now += wait * (1 + 1e-9) + 1e-9
            assert bucket.take(now)


@given(CAPACITIES, RATES, GAPS, st.floats(0, 1e6))
def test_clock_that_goes_backward_gives_nothing(
    capacity: int, rate: float, gaps: list[float], back: float
) -> None:
    """Time that was counted already is not counted again."""
    bucket, now, taken = TokenBucket.full(capacity, rate, 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now) + bucket.take(now - back) + bucket.take(now)
    assert taken <= capacity + now * rate + 1e-3


@given(CAPACITIES, RATES, GAPS)
def test_refusals_and_storage_change_nothing(capacity: int, rate: float, gaps: list[float]) -> None:
    """A bucket restored from its two numbers, and called more often, behaves like one that stayed in memory."""
    bucket, now = TokenBucket.full(capacity, rate, 0.0), 0.0
    left, at = bucket.left, bucket.at
    for gap in gaps:
        now += gap
        other = TokenBucket(capacity, rate, left, at)
        assert other.wait(now) == bucket.wait(now)
        assert other.take(now) is bucket.take(now)
        left, at = other.left, other.at
