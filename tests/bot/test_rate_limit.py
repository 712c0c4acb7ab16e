"""Nobody starts more than their share, and whoever has to wait is told how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import rate_limit
from bot.rate_limit import Limit, RateLimits, RequestLimiter, parse_limit, spoken

SMALL = RateLimits(user=Limit(2, 60), workspace=Limit(3, 60))


def test_share_is_given_back_with_time() -> None:
    """Two at once, then one in half a minute; the sentence says when."""
    limit = RequestLimiter(SMALL)
    assert [limit.refuse("T", "U", 0.0) for _ in range(2)] == [None, None]
    assert (
        limit.refuse("T", "U", 0.0) == "You may start 2 in 1 minute; the next one is possible in 30 seconds."
    )
    assert (
        limit.refuse("T", "U", 29.0) == "You may start 2 in 1 minute; the next one is possible in 1 second."
    )
    assert limit.refuse("T", "U", 30.0) is None
    assert limit.refuse("T", "U", 30.0)


def test_workspace_has_a_share_too() -> None:
    """Several people together reach their workspace's limit, other workspaces do not feel it."""
    limit = RequestLimiter(SMALL)
    for user in ("U1", "U2", "U3"):
        assert limit.refuse("T", user, 0.0) is None
    assert str(limit.refuse("T", "U4", 0.0)).startswith("This workspace may start 3 in 1 minute; the next")
    assert limit.refuse("T2", "U1", 0.0) is None


def test_other_requests_have_their_own_sentence() -> None:
    """The refusal of a look-up says what was looked up, in the singular for one."""
    calls = RequestLimiter(RateLimits(user=Limit(2, 60)), "look up", "call")
    once = RequestLimiter(RateLimits(user=Limit(1, 60)), "look up", "call")
    assert [calls.refuse("T", "U", 0.0) for _ in range(2)] == [None, None]
    assert once.refuse("T", "U", 0.0) is None
    assert str(calls.refuse("T", "U", 0.0)).startswith("You may look up 2 calls in 1 minute; the next")
    assert str(once.refuse("T", "U", 0.0)).startswith("You may look up 1 call in 1 minute; the next")


def test_refusal_costs_nothing() -> None:
    """Asking again and again while refused does not push the time further away."""
    limit = RequestLimiter(SMALL)
    for _ in range(2):
        limit.refuse("T", "U", 0.0)
    for second in range(30):
        assert limit.refuse("T", "U", float(second))
    assert limit.refuse("T", "U", 30.0) is None


@given(st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_the_limit_allows(gaps: list[float]) -> None:
    """However people ask, what is let through never exceeds the count and what time has given back."""
    limit, now, let_through = RequestLimiter(RateLimits(Limit(3, 10), Limit(99, 1))), 0.0, 0
    for gap in gaps:
        now += gap
        let_through += limit.refuse("T", "U", now) is None
    assert let_through <= 3 + now * 3 / 10 + 1e-3


def test_waiting_as_told_is_enough() -> None:
    """After the time in the sentence the next start is let through."""
    limit = RequestLimiter(RateLimits(Limit(7, 600), Limit(99, 1)))
    while (said := limit.refuse("T", "U", 0.0)) is None:
        pass
    assert "in 86 seconds" in said
    assert limit.refuse("T", "U", 86.0) is None


def test_people_who_are_gone_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets that are full again are thrown away once there are many; those in use stay."""
    monkeypatch.setattr(rate_limit, "CROWD", 100)
    limit = RequestLimiter(RateLimits(Limit(1, 60), Limit(10**6, 1)))
    for number in range(1000):
        limit.refuse("T", f"U{number}", float(number))
    assert len(limit._buckets) < 200
    assert limit.refuse("T", "U999", 1000.0)


def test_a_crowd_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where full buckets are thrown away at each start, that of somebody who starts now is not among them."""
    monkeypatch.setattr(rate_limit, "CROWD", 1)
    limit = RequestLimiter(RateLimits(Limit(1, 60), Limit(10**6, 1)))
    for user in ("U1", "U2", "U3"):
        assert limit.refuse("T", user, 0.0) is None
        assert limit.refuse("T", user, 0.0)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.01, "1 second"), (1.2, "2 seconds"), (60, "1 minute"), (90, "90 seconds"), (100, "2 minutes"),
     (3600, "1 hour"), (7200, "2 hours"), (5400, "90 minutes")],
)  # fmt: skip
def test_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    """A wait is rounded up, never down to nothing."""
    assert spoken(seconds) == said


def test_limit_is_written_with_a_slash() -> None:
    """A limit is a count and seconds, both above 0; anything else is not a limit."""
    assert parse_limit("3/60") == Limit(3, 60)
    assert parse_limit("1000000/1000000") == Limit(10**6, 10**6)
    for wrong in (
        "3",
        "3/",
        "0/60",
        "3/0",
        "-1/5",
        "a/b",
        "³/60",
        "٣/60",
        "1000001/1",
        "3/60/1",
        "9" * 5000 + "/1",
    ):
        with pytest.raises(ValueError, match="not a limit"):
            parse_limit(wrong)
