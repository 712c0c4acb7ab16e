"""Progress as it is streamed in direct messages, and by edits where Slack takes no stream: one answer in each case."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.previews.samples import SIGNALING_SHUT


def made(here: Here, method: str) -> list[Mapping[str, Any]]:
    return [call.args for call in here.slack.records.made(method)]


async def streaming(here: Here, cards: bool = True) -> Message:
    """Ask in a direct message, and give the stream once it has cards; the run does not end by itself."""
    here.relay.stuck = True
    await here.slack.tell("31009 ios", here.user())
    await here.until(lambda: here.ours() and (here.ours()[0].cards() or not cards), "a stream")
    return here.ours()[0]


async def test_a_direct_message_is_streamed(here: Here) -> None:
    """The first message is a stream with a card per layer, and becomes the verdict: one message in all."""
    here.relay.faults, here.relay.pause = SIGNALING_SHUT, 0.01
    asked = await here.slack.tell("31009 ios", here.user())
    message = await here.verdict()
    (started,) = made(here, "chat.startStream")
    assert started["thread_ts"] == asked.ts == message.thread_ts
    assert started["recipient_user_id"] == here.user().id
    assert started["task_display_mode"] == "plan"
    assert message.text.startswith("Blocked: ")
    assert message.stream == "stopped"
    assert message.cards()
    assert {card["status"] for card in message.cards().values()} <= {"complete", "error"}
    assert len(here.ours()) == 1
    assert made(here, "chat.postMessage") == []


async def test_cards_say_what_they_wait_for(here: Here) -> None:
    """While checks run, each layer has a card, and those that wait for a host or another layer name it."""
    message = await streaming(here)
    titles = [card["title"] for card in message.cards().values()]
    assert any(title.startswith("TCP: ") and "waiting for " in title for title in titles), titles
    await here.slack.stop(message, here.user())
    await here.verdict()
    assert message.text.startswith("Stopped: 31009 on iOS")


@pytest.mark.parametrize("error", ["ratelimited", "not_allowed", "service_unavailable"])
async def test_no_stream_to_be_had(here: Here, error: str) -> None:
    """Where Slack refuses the start, the message is posted and edited; the next one does not try again at once."""
    here.slack.chaos.retry_after = 60
    here.slack.chaos.fail("chat.startStream", error)
    await here.slack.tell("31009 ios", here.user())
    message = await here.verdict()
    assert message.stream == ""
    assert len(here.ours()) == 1
    await here.slack.tell("31009 android", here.user())
    await here.verdict(1)
    tries = [call for call in here.slack.records.calls if call.method == "chat.startStream"]
    assert len(tries) == (2 if error == "service_unavailable" else 1)


@pytest.mark.parametrize("error", ["message_not_in_streaming_state", "invalid_chunks", "stopped_by_user"])
async def test_a_stream_that_breaks(here: Here, error: str) -> None:
    """A stream that takes no more is closed, and the same message goes on by edits."""
    here.slack.chaos.fail("chat.appendStream", error)
    message = await streaming(here, cards=False)
    await here.until(lambda: "lm_stop" in message.actions(), "progress by an edit")
    assert any(block["type"] == "plan" for block in message.blocks)
    await here.slack.click(message, "lm_stop", here.user())
    await here.verdict()
    assert len(here.ours()) == 1


async def test_a_stream_that_slack_forgot(here: Here) -> None:
    """A stream that Slack has closed for its age is edited like any message."""
    message = await streaming(here)
    here.slack.clock.advance(400)
    here.slack.chaos.fail("chat.stopStream", "message_not_in_streaming_state")
    await here.slack.stop(message, here.user())
    assert (await here.verdict()).text.startswith("Stopped: ")
    assert len(here.ours()) == 1


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "invalid_chunks"])
async def test_a_stream_that_cannot_be_stopped(here: Here, error: str) -> None:
    """The verdict arrives in the same message, where the first attempt to stop the stream fails."""
    here.slack.chaos.fail("chat.stopStream", error)
    await here.slack.tell("31009 ios", here.user())
    assert (await here.verdict()).stream == "stopped"
    assert len(here.ours()) == 1
    assert len(made(here, "chat.stopStream")) == 1


async def test_a_start_whose_answer_is_lost(slack: FakeSlack, serving: Serving) -> None:
    """A process that dies before it hears of its stream leaves one message, in which the next one tests again."""
    async with serving(slack, MadeUpRelay(stuck=True)) as here:
        held = slack.chaos.held["chat.startStream"] = asyncio.Event()
        await slack.tell("31009 ios", here.user())
        await here.until(here.ours, "the stream")
        assert here.ours()[0].stream == "streaming"
    held.set()
    async with serving(slack, MadeUpRelay()) as here:
        message = await here.verdict()
        await here.context.tasks.drain(10)
        assert message.stream == "stopped"
        assert message.text.startswith("No problem found")
        assert len(here.ours()) == 1


async def test_channels_are_not_streamed(here: Here) -> None:
    """In a channel a stream grows for one reader only: there, progress is a plan of cards by edits, for everybody."""
    here.relay.stuck = True
    await here.slack.mention("31009 ios", here.user())
    await here.until(lambda: here.ours() and "plan" in str(here.ours()[0].blocks), "a plan")
    message = here.ours()[0]
    (plan,) = (block for block in message.blocks if block["type"] == "plan")
    assert {card["title"].partition(":")[0] for card in plan["tasks"]} >= {"DNS", "TCP", "TLS"}
    assert made(here, "chat.startStream") == []
    await here.slack.click(message, "lm_stop", here.user())
    await here.verdict()


@pytest.mark.parametrize(("style", "plan"), [("cards", True), ("list", False)])
async def test_settings(slack: FakeSlack, serving: Serving, style: str, plan: bool) -> None:
    """Streams can be turned off, and cards, too."""
    async with serving(slack, MadeUpRelay(stuck=True), LINEMAN_PROGRESS=style) as here:
        await slack.tell("31009 ios", here.user())
        await here.until(lambda: here.ours() and "checks done" in str(here.ours()[0].blocks), "progress")
        message = here.ours()[0]
        assert any(block["type"] == "plan" for block in message.blocks) == plan
        assert made(here, "chat.startStream") == []
        await slack.click(message, "lm_stop", here.user())
        await here.verdict()


async def test_cards_that_slack_refuses(here: Here) -> None:
    """Where Slack takes no cards, progress is a list of answers from then on."""
    here.relay.stuck = True
    here.slack.chaos.fail("chat.update", "invalid_blocks")
    await here.slack.command("/diagnose 31009 ios", here.user())
    await here.until(lambda: here.slack.records.calls[-1].error == "invalid_blocks", "a refusal")
    await here.slack.click(here.ours()[0], "lm_stop", here.user())
    await here.verdict()
    await here.slack.command("/diagnose 31009 android", here.user())
    await here.until(lambda: len(here.ours()) > 1 and "checks done" in str(here.ours()[1].blocks))
    assert not any(block["type"] == "plan" for block in here.ours()[1].blocks)
    await here.slack.click(here.ours()[1], "lm_stop", here.user())
    await here.verdict(1)
