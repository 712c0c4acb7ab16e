"""One case from the command to what people do with its verdict."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from probes.protocol.model import Observation, Plan
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import MEDIA_LOST, SIGNALING_SHUT


async def test_command(here: Here) -> None:
    """A command becomes one message, which becomes the verdict."""
    here.relay.faults = SIGNALING_SHUT
    delivery = await here.slack.command("/diagnose 31009 ios", here.user())
    message = await here.verdict()
    assert delivery.acked
    assert delivery.answer is None
    assert message.thread_ts is None
    assert message.text.startswith("Blocked: ")
    assert "Checking 31009 on iOS" in message.history[0]
    assert len(here.ours()) == 1


async def test_fixed_and_tested_again(here: Here) -> None:
    """After a fix the same case runs again in the thread, says what changed, and its message turns resolved."""
    here.relay.faults = SIGNALING_SHUT
    await here.slack.command("/diagnose 31009 ios", here.user())
    first = await here.verdict()
    here.relay.faults = ()
    await here.slack.click(first, "lm_again", here.user("grace"))
    change = await here.verdict(1)
    assert change.thread_ts == first.ts
    assert change.text.startswith("Fixed: no problem found")
    await here.until(lambda: "Fixed: " in str(first.blocks[0]), "the message of the case to say so")
    assert len(here.ours()) == 2


async def test_answer_by_button(here: Here) -> None:
    """An answer changes the diagnosis without new checks, in the same message."""
    await here.slack.command("/diagnose 31009 javascript", here.user())
    message = await here.verdict()
    before = message.text
    assert "Question: " in before
    grace = here.user("grace")
    await here.slack.click(await here.slack.reveal(message, "lm_more", grace), "lm_answer_1", grace)
    await here.until(lambda: message.text != before, "the verdict to change")
    assert (await here.reply("See the message at the top")).thread_ts == message.ts
    assert len(here.relay.plans) == 1


async def test_every_button(here: Here) -> None:
    """Each button below a verdict is answered, in the thread or to the person alone."""
    here.relay.faults = (MEDIA_LOST,)
    await here.slack.command("/diagnose 31009 javascript", here.user())
    message = await here.verdict()
    grace = here.user("grace")
    more = await here.slack.reveal(message, "lm_more", grace)
    assert len(message.actions()) == 6  # with the feedback block
    for place, action, said in (
        (message, "lm_evidence", "checks passed"),
        (message, "lm_fixes", "What to do on"),
        (more, "lm_preflight", "Preflight test on"),
        (more, "lm_tree", "How it was decided"),
    ):
        await here.slack.click(place, action, grace)
        assert (await here.reply(said)).thread_ts == message.ts
    await here.slack.click(more, "lm_ticket", grace)
    assert (await here.whisper("For the customer")).only_for == grace.id
    copy = await here.slack.reveal(message, "lm_customer", grace)
    assert copy.blocks[0]["elements"][0]["type"] == "rich_text_preformatted"
    assert copy.blocks[0]["elements"][0]["elements"][0]["text"] in message.text
    evidence = await here.reply("checks passed")
    await here.slack.click(evidence, "lm_raw", here.user())
    await here.until(lambda: any(file.name.endswith(".json") for file in here.slack.files.values()))
    assert any(file.name.endswith(".png") for file in here.slack.files.values())


async def test_platform_select(here: Here) -> None:
    """Another platform's steps are shown in place, without a new run."""
    here.relay.faults = SIGNALING_SHUT
    await here.slack.command("/diagnose 31009 ios", here.user())
    message = await here.verdict()
    more = await here.slack.reveal(message, "lm_more", here.user())
    await here.slack.select(more, "lm_platform", "android", here.user())
    await here.until(lambda: len(message.versions) > 2 and "android" in str(message.blocks))
    assert len(here.relay.plans) == 1


async def test_feedback(here: Here) -> None:
    """What people say of a verdict is kept, and shown as heard."""
    here.relay.faults = SIGNALING_SHUT
    await here.slack.command("/diagnose 31009 ios", here.user())
    message = await here.verdict()
    await here.slack.vote(message, "positive", here.user())
    await here.until(lambda: "that was it" in str(message.blocks))
    counts = await here.context.store.feedback_counts()
    assert counts["signaling-blocked"] == {"right": 1, "wrong": 0}
    await here.whisper("Thank you")


async def test_votes(here: Here) -> None:
    """Each person has one vote on a verdict and may change it; the history counts them, also without a cause."""
    await here.slack.command("/diagnose 31009 ios", here.user())
    message = await here.verdict()
    for name, thumb in (("ada", "positive"), ("grace", "positive"), ("grace", "positive")):
        await here.slack.vote(message, thumb, here.user(name))
    await here.until(lambda: len(here.slack.whispers()) == 3)
    await here.slack.vote(message, "negative", here.user("grace"))
    await here.until(lambda: here.slack.team.views, "the question what it was")
    await here.until(lambda: "that was not it" in str(message.blocks))
    (run,) = await here.context.store.finished(10)
    votes = await here.context.store.votes(run.id)
    assert votes == {here.user("ada").id: "right", here.user("grace").id: "wrong"}
    for words in ("history", "history channel"):
        await here.slack.command(f"/diagnose {words}", here.user())
        listed = await here.until(lambda: here.slack.whispers(here.user())[-1])
        await here.until(
            lambda: "1 right, 1 wrong" in str(here.slack.whispers(here.user())[-1].blocks), words
        )
        assert listed


async def test_stop(here: Here) -> None:
    """Stop cancels the checks and says so in the message; a second press says that the run is over."""
    here.relay.stuck = True
    await here.slack.command("/diagnose 31009 ios", here.user())
    await here.until(lambda: here.ours() and here.context.active_runs)
    message = here.ours()[0]
    await here.slack.click(message, "lm_stop", here.user("grace"))
    await here.verdict()
    assert message.text.startswith("Stopped: 31009 on iOS")
    assert not here.context.active_runs
    assert (await here.context.store.unfinished()) == ()


async def test_stopped_before_it_began(here: Here) -> None:
    """Who presses Stop before Slack has told us that the message is there stops the run all the same."""
    here.relay.stuck = True
    answered = here.slack.chaos.held["chat.postMessage"] = asyncio.Event()
    await here.slack.command("/diagnose 31009 ios", here.user())
    await here.until(here.ours)
    await here.slack.click(here.ours()[0], "lm_stop", here.user("grace"))
    assert (await here.verdict()).text.startswith("Stopped: 31009 on iOS")
    answered.set()
    assert await here.context.tasks.drain(10) == ()
    assert not here.context.active_runs
    assert here.relay.plans == []
    assert (await here.context.store.unfinished()) == ()
    assert here.ours()[0].text.startswith("Stopped: 31009 on iOS")


async def test_stop_by_command(here: Here) -> None:
    """`/diagnose stop` ends what its person started in the channel, and nobody else's."""
    here.relay.stuck = True
    for name in ("ada", "grace"):
        await here.slack.command("/diagnose 31009 ios", here.user(name))
    await here.until(lambda: len(here.context.active_runs) == 2)
    await here.slack.command("/diagnose stop", here.user("linus"))
    await here.whisper("No diagnosis of yours is running here. Still running, started by other people: 2")
    await here.slack.command("/diagnose stop", here.user())
    await here.whisper("Stopped your diagnosis. Still running, started by other people: one diagnosis.")
    await here.until(lambda: len(here.context.active_runs) == 1)
    (running,) = here.context.active_runs.values()
    assert running.user == here.user("grace").id
    stopped = [message for message in here.ours() if message.text.startswith("Stopped: 31009 on iOS")]
    assert len(stopped) == 1
    await here.slack.command("/diagnose stop", here.user("grace"))
    await here.until(lambda: not here.context.active_runs)
    await here.slack.command("/diagnose stop", here.user("grace"))
    await here.whisper("Nothing is running here")


async def test_the_open_question_is_the_first_reply(here: Here) -> None:
    """It is asked once, with a button for each answer; a second run with the same question does not ask again."""
    await here.slack.command("/diagnose 31009 javascript", here.user())
    top = await here.verdict()
    asked = await here.question()
    assert asked.thread_ts == top.ts
    assert asked.text.startswith("Question: ")
    assert "Question: " not in str(top.blocks)
    await here.slack.click(top, "lm_again", here.user())
    await here.verdict(1)
    assert await here.context.tasks.drain(10) == ()
    assert here.questions() == [asked]
    before = top.text
    await here.slack.click(asked, "lm_answer_1", here.user("grace"))
    await here.until(lambda: top.text != before, "the verdict to change")
    assert await here.context.tasks.drain(10) == ()
    assert await here.context.store.due() == ()


@dataclass
class BrokenRelay(MadeUpRelay):
    """A relay whose checks end with an error of Lineman's own."""

    @asynccontextmanager
    async def run(self, plan: Plan) -> AsyncIterator[AsyncIterator[Observation]]:
        raise RuntimeError("made up")
        yield self._observe(plan)


async def test_a_long_run_that_failed(
    slack: FakeSlack, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person who started a run and waited long for nothing is mentioned once in the thread."""
    monkeypatch.setattr("bot.slack.runs.execute.NOTIFY_AFTER", -1.0)
    relay = MadeUpRelay()
    async with serving(slack, relay) as here:
        await slack.command("/diagnose 31009 ios", here.user("grace"))
        top = await here.verdict()
        await here.question()
        await here.context.tasks.drain(10)
    async with serving(slack, BrokenRelay()) as here:
        await slack.click(top, "lm_again", here.user("ada"))
        failed = await here.verdict(1)
        assert "could not be carried out" in failed.text
        told = await here.question(1)
        assert "The diagnosis failed: 31009 on iOS" in told.text
        assert (told.thread_ts, f"<@{here.user('ada').id}>" in str(told.blocks)) == (top.ts, True)
        await here.context.tasks.drain(10)
        assert len(here.questions()) == 2


async def test_a_run_that_took_long(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waited long is mentioned once in the thread, with the open question; others are not disturbed."""
    monkeypatch.setattr("bot.slack.runs.execute.NOTIFY_AFTER", -1.0)
    await here.slack.command("/diagnose 31009 javascript", here.user())
    top = await here.verdict()
    told = await here.question()
    assert "The message above has the details" in told.text
    assert told.thread_ts == top.ts
    assert f"<@{here.user().id}>" in str(told.blocks)
    await here.slack.click(told, "lm_answer_1", here.user("grace"))
    await here.reply("See the message at the top")
    assert await here.context.tasks.drain(10) == ()
    assert here.questions() == [told]
    assert await here.context.store.due() == ()
