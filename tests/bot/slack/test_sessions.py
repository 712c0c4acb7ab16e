"""Slack's agent sessions: what is being worked on shows as processing, can be stopped by Slack's button, and ends."""

import pytest

from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message


def status(here: Here, message: Message) -> str:
    return here.slack.team.sessions.get((message.channel.id, message.root), "")


async def started(here: Here, text: str) -> Message:
    """A run in a channel that does not end by itself, once Slack shows it as processing."""
    here.relay.stuck = True
    await here.slack.command(text, here.user())
    await here.until(lambda: here.ours() and status(here, here.ours()[0]) == "processing", "processing")
    return here.ours()[0]


async def test_a_run_in_a_channel(here: Here) -> None:
    """A run shows as processing, with a title that names it; Slack's Stop ends it, and the status."""
    message = await started(here, "/diagnose 31009 ios")
    assert here.slack.team.titles[message.channel.id, message.ts] == "31009 on iOS, from local"
    await here.slack.stop(message, here.user("grace"))
    await here.verdict()
    assert message.text.startswith("Stopped: 31009 on iOS")
    await here.until(lambda: status(here, message) == "active", "the end of the status")


async def test_a_run_that_ends(here: Here) -> None:
    """With its verdict, the status ends."""
    await here.slack.command("/diagnose 31009 ios", here.user())
    message = await here.verdict()
    await here.context.tasks.drain(10)
    calls = [call.args["status"] for call in here.slack.records.made("agents.sessions.setStatus")]
    assert calls in ([], ["processing", "active"])  # it may end before it has begun to show
    assert status(here, message) in ("", "active")


async def test_two_runs_in_a_thread(here: Here) -> None:
    """While another run goes on in the thread, the thread stays processing."""
    first = await started(here, "/diagnose 31009 ios")
    await here.slack.mention("31009 android", here.user("grace"), thread=first.ts)
    await here.until(lambda: len(here.context.active_runs) == 2, "two runs")
    await here.slack.click(first, "lm_stop", here.user())
    await here.until(lambda: first.text.startswith("Stopped"), "the first to stop")
    assert status(here, first) == "processing"
    await here.slack.stop(first, here.user())
    await here.until(lambda: status(here, first) == "active", "the end of the status")


async def test_a_direct_message(here: Here) -> None:
    """A question in a direct message is worked on in its thread, under its own words, without what is secret."""
    asked = await here.slack.tell("what does 53405 mean? password=hunter2-hunter2", here.user())
    place = asked.channel.id, asked.ts
    await here.until(lambda: here.slack.team.sessions.get(place) == "active", "the end of the status")
    statuses = [call.args["status"] for call in here.slack.records.made("agents.sessions.setStatus")]
    assert statuses == ["processing", "active"]
    assert here.slack.team.titles[place].startswith("what does 53405 mean?")
    assert "hunter2" not in here.slack.team.titles[place]


async def test_no_sessions_here(here: Here) -> None:
    """Where Slack rejects sessions, a direct message gets the older status line, and its answer."""
    here.slack.chaos.fail("agents.sessions.setStatus", "not_authorized", times=9)
    await here.slack.tell("what does 53405 mean?", here.user())
    await here.until(here.ours, "an answer")
    await here.context.tasks.drain(10)
    assert [call.args["status"] for call in here.slack.records.made("assistant.threads.setStatus")] == [
        "is reading your message"
    ]
    assert here.slack.team.sessions == {}


@pytest.mark.parametrize("ask", ["channel", "direct"])
async def test_after_a_crash(slack: FakeSlack, serving: Serving, ask: str) -> None:
    """The next process ends the status that the one before left, with the run."""
    async with serving(slack, MadeUpRelay(stuck=True)) as here:
        if ask == "channel":
            await slack.command("/diagnose 31009 ios", here.user())
        else:
            await slack.tell("31009 ios", here.user())
        await here.until(lambda: "processing" in slack.team.sessions.values(), "processing")
        await here.until(lambda: here.context.active_runs, "a run")
    async with serving(slack, MadeUpRelay()) as here:
        message = await here.verdict()
        await here.until(lambda: status(here, message) == "active", "the end of the status")
        assert len(here.ours()) == 1
