"""A window that cannot be opened in time is not tried: the person hears what to type instead."""

import asyncio
import time
from itertools import pairwise

import pytest

from bot.errors import UsageError
from bot.slack.api.ack_priority import STEP, AckPriority
from bot.slack.api.actor import TRIGGER_LIVES, Actor
from bot.slack.listeners.views import open_window
from tests.bot.slack.conftest import Here


def asked(seconds_ago: float) -> Actor:
    return Actor("T1", "U1", "C1", trigger="1.2.3", arrived=time.monotonic() - seconds_ago)


async def test_a_late_trigger_is_not_used() -> None:
    """Past three seconds Slack refuses a trigger: a sentence says what to do, and nothing is sent."""
    with pytest.raises(UsageError, match="three seconds"):
        await open_window(None, asked(TRIGGER_LIVES + 0.1), {})  # type: ignore[arg-type]  # never reached


def test_a_request_is_late_when_its_trigger_is() -> None:
    """A request that has just come is not late."""
    assert not asked(0).late
    assert asked(TRIGGER_LIVES + 0.1).late


async def test_work_begins_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """While acknowledgments are pending, work is delayed for a limited time, and then does not start all at once."""
    monkeypatch.setattr("bot.slack.api.ack_priority.LONGEST", 0.0)
    door, begun = AckPriority(), list[float]()

    async def work() -> None:
        await door.wait_until_idle()
        begun.append(time.monotonic())

    with door.acknowledging():
        await asyncio.gather(*(work() for _ in range(4)))
    assert min(later - sooner for sooner, later in pairwise(begun)) > STEP / 2


async def test_work_begins_when_nobody_waits() -> None:
    """Requests that wait for an acknowledgment go first; after that, work does not wait."""
    door, begun = AckPriority(), asyncio.Event()

    async def work() -> None:
        await door.wait_until_idle()
        begun.set()

    with door.acknowledging():
        working = asyncio.create_task(work())
        await asyncio.sleep(0)
        assert not begun.is_set()
    await working
    assert begun.is_set()


async def test_a_request_is_as_old_as_its_arrival() -> None:
    """The time limit counts from the request's arrival, not from when Bolt handles it."""
    with AckPriority().acknowledging():
        at_the_door = time.monotonic()
        assert Actor("T1", "U1").arrived <= at_the_door
    assert Actor("T1", "U1").arrived > at_the_door


@pytest.mark.parametrize("word", ["ratelimited", "service_unavailable", "expired_trigger_id"])
async def test_a_window_is_tried_once(here: Here, word: str) -> None:
    """When Slack does not open it at once, a second try would come too late: the person hears what to do."""
    here.slack.chaos.fail("views.open", word)
    await here.slack.command("/diagnose", here.user())
    await here.whisper("three seconds")
    assert len([call for call in here.slack.records.calls if call.method == "views.open"]) == 1
