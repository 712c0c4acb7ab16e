"""How many streams may start, and what is sent to them."""

import pytest

from bot.rate_limit import Limit
from bot.slack.api.client import SlackError
from bot.slack.api.stream_state import LIFE, Streams


@pytest.fixture
def event_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds that streams go by."""
    at = [1000.0]
    monkeypatch.setattr("bot.slack.api.stream_state.now", lambda: at[0])
    return at


async def test_room_for_every_stop() -> None:
    """Open streams and those that ended within the period share the budget, so that no stop is one too many."""
    streams = Streams(starts=Limit(3, 3600))
    for name in "abc":
        assert streams.may_start()
        streams.started(("D", name))
    assert not streams.may_start()
    streams.ended(("D", "a"))
    assert not streams.may_start()
    assert [streams.is_open(("D", name)) for name in "abc"] == [False, True, True]


async def test_a_stream_that_is_over_anyway_holds_no_place(event_clock: list[float]) -> None:
    """A stream that nobody has stopped is forgotten once Slack has closed it."""
    streams = Streams(starts=Limit(1, 60))
    streams.started(("D", "a"))
    event_clock[0] += LIFE + 61
    assert not streams.may_start()  # it counts as ended just now
    event_clock[0] += 61
    assert streams.may_start()


async def test_after_a_refusal(event_clock: list[float]) -> None:
    """After a rate limit the pause is Slack's, after another refusal it is ten minutes."""
    for word, wait, pause in (("ratelimited", 7.0, 7), ("not_allowed", 0.0, 600)):
        streams = Streams()
        streams.refused(SlackError(word, wait=wait))
        event_clock[0] += pause - 1
        assert not streams.may_start()
        event_clock[0] += 2
        assert streams.may_start()
