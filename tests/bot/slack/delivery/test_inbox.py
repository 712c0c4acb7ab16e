"""What people ask for is kept before it is acknowledged, answered once and in order, also by the next process."""

import asyncio
import inspect
import sqlite3
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

from bot.background import PeriodicTask
from bot.model.records import CaseRow, InboxRow, RunRow
from bot.model.request import Request
from bot.slack.api import actor
from bot.slack.delivery import inbox, outbox
from bot.slack.listeners import routes
from bot.slack.listeners.routes import HANDLERS, LISTENERS
from bot.slack.state import event
from bot.storage import connect
from tests.bot.slack.conftest import Here, Serving, open_app
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.fake_slack.workflows import run_step
from tests.previews.samples import SIGNALING_SHUT

# What is asked in a thread of ours, and what the answer says.
MEANINGS = {
    "what does signaling-blocked mean?": "gateways are blocked",
    "what does turn-blocked mean?": "TURN",
    "what does clock-skew mean?": "clock",
    "show the evidence": "checks passed",
    "how do I do the preflight on android?": "Preflight test on Android",
}


async def verdict_first(here: Here) -> Message:
    here.relay.faults = SIGNALING_SHUT
    await here.slack.command("/diagnose 31009 ios", here.user())
    return await here.verdict()


async def leave(
    here: Here, way: str, said: Mapping[str, str], who: Mapping[str, str], stamp: str = ""
) -> None:
    """Leave what a killed process leaves: kept, acknowledged, not begun."""
    turn = event.thread_key(actor.Actor("", "", who.get("channel", ""), who.get("thread", "")))
    row = InboxRow(here.slack.team.id, f"left {way} {stamp}", way, who, said, turn if stamp else "", stamp)
    assert await here.context.store.take_in(row)


# What is left by each way in: what was said, where (a thread of ours, a channel, direct messages, nowhere), the answer.
LEFT = {
    "command": ({"text": "31009 ios"}, "channel", "Blocked"),
    "mention": ({"text": "what does turn-blocked mean?"}, "thread", "No TURN server"),
    "thread": ({"text": "show the evidence"}, "thread", "checks passed"),
    "direct": ({"text": "hello"}, "direct", "/diagnose 31009"),
    "press": ({"verb": "preflight", "platform": "android"}, "thread", "Preflight test on Android"),
    "form": ({"code": "31009", "platform": "ios"}, "channel", "Blocked"),
    "message": ({"text": "error 31009 on ios"}, "thread", "Still failing"),
    "anywhere": ({}, "nowhere", "restarted before your form could open"),
    "judgement": ({"cause": "other", "words": "it was the VPN"}, "nowhere", ""),
    "stop": ({}, "direct", ""),
    "home": ({}, "nowhere", ""),
    "greeting": ({}, "direct", ""),
    "step": ({"execution": "Fx0", "channel": "C0", "text": "hello"}, "nowhere", ""),
    "link": ({"0": "https://www.twilio.com/docs/api/errors/31009"}, "nowhere", ""),
    "uninstalled": ({}, "nowhere", ""),
    "revoked": ({}, "nowhere", ""),
}


def test_every_way_in_is_tried() -> None:
    """A new way in needs a line above, and a released name stays."""
    for way in HANDLERS:
        assert way in LEFT, f"tests/bot/slack/delivery/test_inbox.py: LEFT needs a row for the way in {way!r}"
    for way in LEFT:
        assert way in HANDLERS, (
            f"bot/slack/listeners/routes.py: HANDLERS needs a line for {way!r}: names stay"
        )


def test_every_listener_is_registered() -> None:
    """A file that registers listeners is in the table, or its listeners would never be asked."""
    listed = {Path(inspect.getfile(cast("ModuleType", module))).name for module in LISTENERS}
    folder = Path(routes.__file__).parent
    files = {file.name for file in folder.glob("*.py") if "\ndef register(" in file.read_text("utf-8")}
    for name in sorted(files ^ listed):
        pytest.fail(f"bot/slack/listeners/routes.py: LISTENERS needs a line for bot/slack/listeners/{name}")


async def test_the_next_process_answers(slack: FakeSlack, serving: Serving) -> None:
    """Whatever way something was asked, a process that begins after a crash answers it, once, and forgets it."""
    async with serving(slack, MadeUpRelay()) as here:
        top = await verdict_first(here)
        about = await case_of(here, top)
        direct = slack.team.direct(here.user().id)
        hello = slack.paste("hello", here.user(), direct)
        places = {
            "channel": {"channel": top.channel.id},
            "thread": {"channel": top.channel.id, "thread": top.ts},
            "direct": {"channel": direct.id, "message": hello.ts},
            "nowhere": {},
        }
        for way, (said, place, _) in LEFT.items():
            await leave(here, way, {**about, **said}, {"user": here.user().id, **places[place]})
        slack.clock.advance(5)
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        await here.until(lambda: all(count_of(here, top, way) == 1 for way in LEFT if LEFT[way][2]))
        await here.until(lambda: slack.team.homes)
        await here.context.tasks.drain(10)
        assert (await here.context.store.feedback_counts())["signaling-blocked"]["wrong"] == 1
        assert slack.records.made("assistant.threads.setSuggestedPrompts")
        assert slack.records.made("agents.sessions.setStatus")
        assert await here.context.store.taken_in() == ()
        count = len(here.ours())
        assert count == 1 + sum(bool(said) for _, _, said in LEFT.values())
    async with serving(slack, MadeUpRelay()) as here:
        await here.context.tasks.drain(10)
        assert len(here.ours()) == count


def count_of(here: Here, top: Message, way: str) -> float:
    """How often what was asked by this way was answered; the command and the form count as one."""
    _, place, said = LEFT[way]
    found = [one for one in here.ours() if one is not top and said in one.text]
    if place == "channel":
        alike = sum(row[1:] == (place, said) for row in LEFT.values())
        return sum(one.thread_ts is None for one in found) / alike
    return sum(one.thread_ts == top.ts if place == "thread" else one.channel.kind == "im" for one in found)


async def case_of(here: Here, top: Message) -> dict[str, str]:
    """What its buttons carry."""
    found = await here.context.store.case_of_thread(here.slack.team.id, top.channel.id, top.ts)
    assert found
    (run,) = await here.context.store.runs(found.id)
    return {"case": found.id, "run": run.id}


@pytest.mark.parametrize("button", ["start", "wrong"])
async def test_windows_of_a_former_process(slack: FakeSlack, serving: Serving, button: str) -> None:
    """A window cannot be opened any more: whoever pressed is told to press again, and what they meant counts."""
    async with serving(slack, MadeUpRelay()) as here:
        top = await verdict_first(here)
        said = {"verb": button, **await case_of(here, top)}
        await leave(here, "press", said, {"user": here.user("grace").id, "channel": top.channel.id})
        slack.clock.advance(5)
    async with serving(slack, MadeUpRelay()) as here:
        assert (await here.whisper("restarted")).only_for == here.user("grace").id
        await here.context.tasks.drain(10)
        counted = (await here.context.store.feedback_counts()).get("signaling-blocked", {})
        assert counted.get("wrong", 0) == (button == "wrong")


async def test_what_was_said_is_not_said_again(slack: FakeSlack, serving: Serving) -> None:
    """A process that is killed between an answer and the note that it was given does not make the next say it twice."""
    async with serving(slack, MadeUpRelay()) as here:
        top = await verdict_first(here)
        said = {"text": "show the evidence"}
        await leave(
            here, "thread", said, {"user": here.user().id, "channel": top.channel.id, "thread": top.ts}
        )
        (row,) = await here.context.store.taken_in()
    async with serving(slack, MadeUpRelay()) as here:
        await here.reply("checks passed")
        await here.context.tasks.drain(10)
        again = InboxRow(row.team, "another", row.way, row.asker, row.said)
        assert await here.context.store.take_in(again)
        await here.context.store._writer.run(
            lambda db: db.execute("UPDATE inbox SET event = ?", (row.event,))
        )
    async with serving(slack, MadeUpRelay()) as here:
        await here.context.tasks.drain(10)
        assert await here.context.store.taken_in() == ()
        assert len(here.ours()) == 2


async def test_what_brings_the_process_down(slack: FakeSlack, serving: Serving) -> None:
    """A request over which one process after the other ends is given up, and the person is told so."""
    async with serving(slack, MadeUpRelay()) as here:
        await leave(
            here,
            "command",
            {"text": "31009 ios"},
            {"user": here.user().id, "channel": here.slack.channel().id},
        )
        (row,) = await here.context.store.taken_in()
        for _ in range(inbox.TRIES):
            await here.context.store.try_again(row.team, row.event)
    async with serving(slack, MadeUpRelay()) as here:
        await here.whisper("could not be carried out")
        await here.context.tasks.drain(10)
        assert here.ours() == []
        assert await here.context.store.taken_in() == ()


async def test_step_that_brings_the_process_down(slack: FakeSlack, serving: Serving) -> None:
    """Its workflow does not wait forever: the step ends, with the reason."""
    async with serving(slack, MadeUpRelay()) as here:
        here.context.stopping.set()
        step = await run_step(slack, {"channel": slack.channel().id, "code": "31009"})
        (row,) = await here.context.store.taken_in()
        for _ in range(inbox.TRIES):
            await here.context.store.try_again(row.team, row.event)
    async with serving(slack, MadeUpRelay()) as here:
        await here.until(lambda: step.state != "running", "the step to end")
        assert (step.state, "could not be carried out" in step.error) == ("failed", True), step.error
        await here.context.tasks.drain(10)
        assert await here.context.store.taken_in() == ()


@asynccontextmanager
async def disk_busy(here: Here) -> AsyncIterator[None]:
    """Let nothing reach the disk while the block runs."""
    free, taken = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(_: object) -> None:
        loop.call_soon_threadsafe(taken.set)
        free.wait()

    holding = asyncio.create_task(here.context.store._writer.run(wait))
    await taken.wait()
    try:
        yield
    finally:
        free.set()
        await holding


@pytest.mark.parametrize("way", ["mention", "press", "message"])
async def test_kept_before_acknowledged(here: Here, way: str) -> None:
    """Nothing is acknowledged before it is on the disk, whatever Bolt would do by itself."""
    slack, grace = here.slack, here.user("grace")
    top = await verdict_first(here)
    await here.context.tasks.drain(10)
    asked = {
        "mention": lambda: slack.mention("test again", grace, thread=top.ts),
        "press": lambda: slack.click(top, "lm_evidence", grace),
        "message": lambda: slack.shortcut("diagnose_message", top, grace),
    }[way]
    count = len(slack.records.deliveries)
    queue = here.context.store._writer._jobs
    async with disk_busy(here):
        asking = asyncio.create_task(asked())
        await here.until(lambda: queue.qsize() > 0, "the request to be about to be kept")
        for _ in range(4):  # both connections have passed on what came before
            await slack.edit(top, top.text)
        await here.until(lambda: all(one.acked for one in slack.records.deliveries[count + 1 :]))
        assert not slack.records.deliveries[count].acked
    await asking
    assert slack.records.deliveries[count].acked


async def test_order_of_a_thread(here: Here) -> None:
    """Ten messages written quickly in one thread are answered in their order, though one connection is behind."""
    top = await verdict_first(here)
    here.slack.socket.lag = 0.04
    texts = list(MEANINGS) * 2
    await asyncio.gather(*(here.slack.say(text, here.user(), thread=top.ts) for text in texts))
    await here.until(lambda: len(here.ours()) == 11)
    for reply, text in zip(here.ours()[1:], texts, strict=True):
        assert MEANINGS[text] in reply.text
        assert reply.thread_ts == top.ts


async def test_order_after_a_restart(slack: FakeSlack, serving: Serving) -> None:
    """What a killed process leaves of one thread is answered in the order of writing, before what follows."""
    texts = list(MEANINGS)
    async with serving(slack, MadeUpRelay()) as here:
        top = await verdict_first(here)
        who = {"user": here.user().id, "channel": top.channel.id, "thread": top.ts}
        stamps = [slack.clock.stamp() for _ in range(4)]
        for number in (2, 0, 3, 1):
            await leave(here, "thread", {"text": texts[number]}, who, stamps[number])
    async with serving(slack, MadeUpRelay()) as here:
        await here.slack.say(texts[4], here.user(), thread=top.ts)
        await here.until(lambda: len(here.ours()) == 6)
        assert [MEANINGS[text] in one.text for one, text in zip(here.ours()[1:], texts, strict=True)] == [
            True
        ] * 5


@pytest.mark.parametrize("way", ["message", "mention"])
async def test_two_at_the_same_moment(here: Here, way: str) -> None:
    """Two people who ask in one thread at the same moment share its case; nobody hears of an error."""
    slack = here.slack
    root = slack.paste("error 31009 on ios", here.user("linus"))

    async def ask(name: str) -> None:
        if way == "message":
            await slack.shortcut("diagnose_message", root, here.user(name))
        else:
            await slack.mention("31009 ios", here.user(name), thread=root.ts)

    await asyncio.gather(ask("ada"), ask("grace"))
    await here.verdict()
    await here.verdict(1)
    await here.context.tasks.drain(10)
    found = await here.context.store.case_of_thread(slack.team.id, root.channel.id, root.ts)
    assert found
    assert len(await here.context.store.runs(found.id)) == 2
    assert {one.thread_ts for one in here.ours()} == {root.ts}
    assert slack.whispers() == []


async def test_cut_off_outside(slack: FakeSlack, serving: Serving) -> None:
    """A run that was begun where the bot may not write, and cut off before it said so, is declared to the person."""
    slack.team.scopes.discard("chat:write.public")
    outside = slack.add_channel("outside", bot=False)
    async with serving(slack, MadeUpRelay()) as here:
        request = Request("31009", "ios")
        case = CaseRow(
            "case-x", slack.team.id, outside.id, here.user().id, request, created=slack.clock.now()
        )
        vantages = {"local": "user-network"}
        run = RunRow("run-x", "case-x", vantages, request, "", "twilio", slack.clock.now())
        await here.context.store.open_case(case)
        await here.context.store.start_run(run, None, outbox.first_of(case, run))
    async with serving(slack, MadeUpRelay()) as here:
        declared = await here.verdict()
        assert declared.channel is slack.team.direct(here.user().id)
        await slack.click(declared, "lm_again", here.user())
        assert (await here.verdict(1)).thread_ts == declared.ts


async def test_form_from_anywhere_is_told_in_direct_messages(here: Here) -> None:
    """What was asked outside of channels is followed in direct messages by their own id, to the verdict."""
    await here.slack.global_shortcut("diagnose_open", here.user())
    await here.until(lambda: here.slack.team.views)
    await here.slack.submit(next(iter(here.slack.team.views.values())), {"code": "31009"}, here.user())
    top = await here.verdict()
    found = await here.context.store.case_of_thread(here.slack.team.id, top.channel.id, top.ts)
    assert found
    assert found.channel == here.slack.team.direct(here.user().id).id


async def test_answered_when_slack_is_back(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be answered because Slack was away stays kept; later it is answered, once, and forgotten."""
    monkeypatch.setattr("bot.slack.api.post_update.PATIENCE", ())  # seconds; it gives up at once
    top = await verdict_first(here)
    await here.context.tasks.drain(10)
    here.slack.chaos.fail("chat.postEphemeral", "internal_error")
    here.slack.chaos.fail("chat.postMessage", "internal_error", times=2)  # the answer, and that there is none
    question = "what does turn-blocked mean?"
    await here.slack.say(question, here.user(), thread=top.ts)
    await here.until(lambda: not here.slack.chaos.orders)
    await here.context.tasks.drain(10)
    assert len(here.ours()) == 1
    assert [row.said for row in await here.context.store.taken_in()] == [{"text": question}]
    retrying = PeriodicTask("retry", lambda: inbox.retry(here.context, again=0.01), 0.01)
    here.context.tasks.start("retry", retrying.run())
    await here.reply(MEANINGS[question])
    await here.until(lambda: not here.context.tasks.running(inbox.JOB))
    assert await here.context.store.taken_in() == ()
    assert len(here.ours()) == 2
    await here.context.tasks.cancel("retry")


async def test_database_that_is_locked(
    slack: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks meanwhile reads why nothing happens; afterwards the bot answers again, without a restart."""
    monkeypatch.setattr(connect, "BUSY", 20)
    async with open_app(slack, MadeUpRelay(), str(tmp_path / "lineman.db")) as here:  # a file in any case
        with closing(sqlite3.connect(tmp_path / "lineman.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            await here.slack.command("/diagnose 31009 ios", here.user())
            await here.whisper("because the database failed: another process keeps it locked.")
            assert here.ours() == []
        await here.slack.command("/diagnose 31009 ios", here.user())
        await here.context.tasks.drain(10)
        assert here.ours()


def test_another_attempt() -> None:
    """Its replies have the keys of the first attempt, so that none is posted twice."""
    first = event.InboundEvent("command", actor.Actor("T1", "U1"), "e", {})
    key = first.reply_key()
    assert first.repeated().reply_key() == key
    assert first.reply_key() != key
