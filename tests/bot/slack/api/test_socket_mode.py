"""Connections that Slack ends or does not want: nothing is lost, Slack is not hammered, and the log says what to do."""

import pytest

from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import SIGNALING_SHUT


async def answered(here: Here) -> None:
    """Type a command, and wait for its verdict."""
    before = len(here.ours())
    assert (await here.slack.command("/diagnose 31009", here.user())).acked
    await here.verdict(before)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_connection_is_renewed(here: Here, caplog: pytest.LogCaptureFixture, reason: str) -> None:
    """While Slack renews one connection the other listens, and nobody need hear of it."""
    await here.slack.socket.refresh(reason)
    await answered(here)
    await here.until(lambda: here.slack.socket.opened == 3)
    assert not [one for one in caplog.records if one.levelname != "INFO"]


async def test_too_many_connections(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    """Where Slack counts too many, the next try comes a second later at the soonest, and the log says why."""
    slack = here.slack
    await slack.socket.refresh("too_many_websockets")
    ended = slack.clock.now()
    await answered(here)
    await here.until(lambda: slack.socket.opened == 3)
    assert slack.records.made("apps.connections.open")[-1].at - ended >= 0.9
    assert "It allows ten" in caplog.text


async def test_socket_mode_is_switched_off(
    slack: FakeSlack, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    """While Socket Mode is off the log says where the switch is, once, without tracebacks; then it goes on."""
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        slack.chaos.fail("apps.connections.open", "forbidden_team", times=2)
        for _ in range(2):
            await slack.socket.refresh("link_disabled")
        await here.until(lambda: len(slack.socket.live) == 2)
        await answered(here)
    assert caplog.text.count("link_disabled") == 1
    assert "Traceback" not in caplog.text
