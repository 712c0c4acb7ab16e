"""Where packets are dropped comes after the verdict, into the same message."""

from concurrent.futures import Future

from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import INTERCEPTED, SIGNALING_SHUT

HOPS = {"1": "192.168.1.1", "2": "192.0.2.1"}
ANDROID = '"platform":"android"'  # what Fix steps opens
LOST = "lost between hop 1 (192.168.1.1) and hop 2 (192.0.2.1)"


async def test_the_place_follows_the_verdict(here: Here) -> None:
    """The verdict is there first; one more edit of the message adds the place, and the evidence has it, too."""
    here.relay.faults, here.relay.hops, here.relay.go = SIGNALING_SHUT, HOPS, Future()
    await here.slack.command("/diagnose 31009 ios", here.user())
    message = await here.verdict()
    await here.until(lambda: here.relay.traces, "the trace")
    assert LOST not in str(message.blocks)
    edits = len(message.versions)
    here.relay.go.set_result(None)
    await here.until(lambda: LOST in str(message.blocks), "the place")
    assert len(message.versions) == edits + 1
    assert len(here.ours()) == 1
    await here.slack.click(message, "lm_evidence", here.user())
    assert LOST in str((await here.reply("Evidence")).blocks)


async def test_what_a_reader_chose_meanwhile_stays(here: Here) -> None:
    """Who looks at another platform's steps still sees them when the place is added."""
    here.relay.faults, here.relay.hops, here.relay.go = SIGNALING_SHUT, HOPS, Future()
    await here.slack.command("/diagnose 31009 ios", here.user())
    message = await here.verdict()
    await here.until(lambda: here.relay.traces, "the trace")
    more = await here.slack.reveal(message, "lm_more", here.user())
    await here.slack.select(more, "lm_platform", "android", here.user())
    await here.until(lambda: ANDROID in str(message.blocks), "the choice")
    here.relay.go.set_result(None)
    await here.until(lambda: LOST in str(message.blocks), "the place")
    assert ANDROID in str(message.blocks)


async def test_what_was_not_dropped_is_edited_once(here: Here) -> None:
    """A verdict that rests on an answer, not on silence, is final at once."""
    here.relay.faults = (INTERCEPTED,)
    await here.slack.command("/diagnose 31009 ios", here.user())
    await here.verdict()
    assert await here.context.tasks.drain(10) == ()
    assert here.relay.traces == []


async def test_a_rerun_adds_the_place_to_the_message_of_the_case(here: Here) -> None:
    """A second run says in the thread what changed; the place is added to the message at the top."""
    await here.slack.command("/diagnose 31009 ios", here.user())
    top = await here.verdict()
    here.relay.faults, here.relay.hops = SIGNALING_SHUT, HOPS
    await here.slack.click(top, "lm_again", here.user())
    await here.verdict(1)
    await here.until(lambda: LOST in str(top.blocks), "the place")
    assert len(here.ours()) == 2


async def test_the_place_survives_a_restart(slack: FakeSlack, serving: Serving) -> None:
    """The traces are stored with the run: another process shows the same verdict."""
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT, hops=HOPS)) as here:
        await here.slack.command("/diagnose 31009 ios", here.user())
        message = await here.verdict()
        await here.until(lambda: LOST in str(message.blocks), "the place")
    async with serving(slack, MadeUpRelay()) as here:
        await here.slack.click(message, "lm_evidence", here.user())
        assert LOST in str((await here.reply("Evidence")).blocks)
