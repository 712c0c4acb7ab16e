"""A window that cannot be opened in time is not tried: the person hears what to type instead."""

import time

import pytest

from bot.errors import UsageError
from bot.slack.asker import TRIGGER_LIVES, Asker
from bot.slack.form import open_window


def asked(seconds_ago: float) -> Asker:
    return Asker("T1", "U1", "C1", trigger="1.2.3", arrived=time.monotonic() - seconds_ago)


async def test_a_late_trigger_is_not_used() -> None:
    """Past three seconds Slack refuses a trigger: a sentence says what to do, and nothing is sent."""
    with pytest.raises(UsageError, match="three seconds"):
        await open_window(None, asked(TRIGGER_LIVES + 0.1), {})  # type: ignore[arg-type]  # never reached


def test_a_request_is_late_when_its_trigger_is() -> None:
    """A request that has just come is not late."""
    assert not asked(0).late
    assert asked(TRIGGER_LIVES + 0.1).late
