"""What the former app left in Slack and in its inbox is gone on with by today's."""

import asyncio
import copy
import json
import logging
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.rendering.blocks import elements, modals
from bot.slack.conversation import symptom_choices
from bot.slack.listeners import actions, free_actions
from bot.slack.listeners.routes import HANDLERS
from bot.slack.runs import lifecycle
from bot.storage.store import Store
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.compat.former import Former
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Channel, Message, User, View
from tests.previews.samples import SIGNALING_SHUT

# Words of answers where something is not found, or breaks.
REFUSALS = (lifecycle.GONE, actions.NO_VERDICT, symptom_choices.GONE, "could not be carried out", "restarted")
PATIENCE = 20.0  # seconds; it loads and serves beside this process


@dataclass
class FormerApp:
    """The former app in a process of its own."""

    process: asyncio.subprocess.Process
    slack: FakeSlack

    async def order(self, *words: str) -> None:
        """Give an order that `former_bot.py` knows, and wait until it is followed."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        await self.hear("done")

    async def hear(self, word: str) -> None:
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            assert (await self.process.stdout.readline()).decode().strip() == word

    async def until(self, true: Callable[[], object], why: str = "") -> object:
        return await self.slack.records.until(true, PATIENCE, why)

    async def verdict(self) -> Message:
        """The newest message of the bot's, once it is a verdict."""
        await self.until(lambda: "lm_again" in self.ours()[-1].actions() if self.ours() else False)
        return self.ours()[-1]

    def ours(self) -> list[Message]:
        return [message for message in self.slack.messages() if message.bot]

    async def view(self, callback: str) -> View:
        """The window that is open."""

        def found() -> list[View]:
            views = self.slack.team.views.values()
            return [view for view in views if view.content["callback_id"] == callback]

        await self.until(found, callback)
        return found()[-1]

    async def kill(self) -> None:
        """End it as a power cut does, with everything acknowledged that was sent to it."""
        self.slack.echoes = False
        await self.slack.deliveries.drain()
        self.slack.may_be_down = True
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        await self.until(lambda: not self.slack.socket.live)
        self.slack.echoes = True


@asynccontextmanager
async def former_app(former: Former, slack: FakeSlack, folder: Path) -> AsyncIterator[FormerApp]:
    """Serve *slack* by the former app, with the database that `serving` uses too."""
    given = {**slack.environment, "LINEMAN_DATABASE": str(folder / "lineman.db")}
    process = await asyncio.create_subprocess_exec(
        *former.script("former_bot.py"),
        env=former.environment(given),
        cwd=former.path,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    app = FormerApp(process, slack)
    try:
        await app.hear("ready")
        yield app
    finally:
        if process.returncode is None:
            await app.kill()


# What the next process answers to what came in by each way: where, and words of the answer.
ANSWERS = {
    "command": ("channel", "Blocked: "),
    "mention": ("thread", "No TURN server"),
    "thread": ("thread", "checks passed"),
    "direct": ("direct", "/diagnose 31009"),
    "press": ("thread", "Preflight test on"),
    "form": ("channel", "Blocked: "),
    "message": ("thread", "Still failing"),
    "anywhere": ("direct", "restarted before your form could open"),
}
# These are answered without a message.
SILENT = {"judgement", "stop", "home", "greeting", "uninstalled", "revoked"}


async def ask_every_way(app: FormerApp, top: Message, form: View, feedback: View) -> None:
    """Bring one delivery by every way in, each acknowledged by the app."""
    slack, ada = app.slack, app.slack.user("ada")
    await slack.command("/diagnose 31009 ios", ada)
    await slack.mention("what does turn-blocked mean?", ada, thread=top.ts)
    await slack.say("show the evidence", ada, thread=top.ts)
    hello = await slack.tell("hello", ada)
    await slack.click(top, "lm_preflight", ada)
    await slack.submit(form, {"code": "31009", "platform": "ios"}, ada)
    pasted = slack.paste("error 31009 on ios", ada, thread=top.ts)
    await slack.shortcut("diagnose_message", pasted, ada)
    await slack.global_shortcut("diagnose_open", ada)
    await slack.submit(feedback, {"cause": "other", "words": "it was the VPN"}, ada)
    await slack.stop(hello, ada)
    await slack.open_home(ada)
    await slack.open_home(ada, tab="messages")
    await slack._event(slack.team, {"type": "app_uninstalled"})
    await slack.revoke_tokens(slack.team, bot=[slack.team.bot])


async def test_every_way_in(former: Former, slack: FakeSlack, serving: Serving, tmp_path: Path) -> None:
    """Whatever the former process had accepted when it was killed is answered, by whichever way it had come in."""
    assert set(ANSWERS) | SILENT <= set(HANDLERS)
    ada = slack.user("ada")
    async with former_app(former, slack, tmp_path) as app:
        await app.order("meet", "SIGNALING_SHUT")
        await slack.command("/diagnose 31009 ios", ada)
        top = await app.verdict()
        versions = len(top.versions)
        await slack.click(top, "lm_wrong", ada)
        feedback = await app.view(modals.FEEDBACK)
        await app.until(lambda: len(top.versions) > versions, "the verdict to say that it was judged")
        await slack.command("/diagnose", ada)
        form = await app.view(modals.FORM)
        await app.order("hold")
        await ask_every_way(app, top, form, feedback)
        await app.kill()
    store = Store.open(tmp_path / "lineman.db")
    assert sorted(row.way for row in await store.taken_in()) == sorted([*ANSWERS, *SILENT])
    await store.close()
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        await here.context.tasks.drain(10)
        assert await here.context.store.taken_in() == ()
        for way, (place, words) in ANSWERS.items():
            assert answers_in(here, place, words, top) == 1 + (place == "channel"), way
        counts = await here.context.store.feedback_counts()
        assert counts["signaling-blocked"] == {"right": 0, "wrong": 1}
        assert slack.team.homes
        assert slack.records.made("assistant.threads.setSuggestedPrompts")
        assert slack.records.made("agents.sessions.setStatus")


def answers_in(here: Here, place: str, words: str, top: Message) -> int:
    """How many messages with these *words* came after *top*, at this place."""
    found = [new for new in (*here.ours(), *here.slack.whispers()) if new is not top and words in new.text]
    if place == "direct":
        return sum(message.channel.kind == "im" for message in found)
    return sum(message.thread_ts == (top.ts if place == "thread" else None) for message in found)


@dataclass(frozen=True, slots=True)
class Pressable:
    """A button, or one choice of a select, as the former app left it."""

    place: Message | View
    block: dict[str, Any]
    done: dict[str, Any]  # what Slack reports of it

    async def press(self, slack: FakeSlack, user: User) -> None:
        if isinstance(self.place, View):
            await slack.press_in_view(self.place, self.done["action_id"], user)
        else:
            await slack._act(self.place, self.block, self.done, user)


def pressables(place: Message | View) -> Iterator[Pressable]:
    """The first button of each kind at *place*, and of each select the last choice."""
    nowhere = Channel("", "", "", "")
    message = Message("", nowhere, "", "", place.content["blocks"]) if isinstance(place, View) else place
    met = set()
    for block, element in message.elements():
        verb = elements.read(element)["verb"]
        if (verb, element["type"]) in met:
            continue
        met.add((verb, element["type"]))
        done = {key: element[key] for key in ("action_id", "type", "text", "value") if key in element}
        if options := element.get("options"):
            done["selected_option"] = options[-1]
        yield Pressable(place, copy.deepcopy(block), copy.deepcopy(done))


async def fill_slack(app: FormerApp) -> None:
    """Have the former app post every kind of message that has buttons on it, each about one case."""
    slack, ada = app.slack, app.slack.user("ada")
    await app.order("meet", "MEDIA_LOST")
    await slack.command("/diagnose 31009 javascript", ada)
    top = await app.verdict()
    for action in ("lm_evidence", "lm_fixes", "lm_tree", "lm_preflight", "lm_ticket"):
        await slack.click(top, action, ada)
    for words in (
        "does TURN make elephants lighter in gold?",
        "meanwhile calls are connected but there is silence",
        "send me the allow-list please",
    ):
        await slack.mention(words, ada, thread=top.ts)
    await slack.mention("what does 53405 mean?", ada)
    for words in ("help", "history", "qwertz", "our log has 31005 and 31009 in it"):
        await slack.command(f"/diagnose {words}", ada)
    await app.order("settle")
    await slack.open_home(ada)
    await app.order("meet", "SIGNALING_SHUT")
    await slack.click(top, "lm_again", ada)
    await app.order("settle")
    await app.order("stick")
    await slack.command("/diagnose 31005 ios", ada)
    await app.until(lambda: "lm_stop" in app.ours()[-1].actions())


# What can be pressed in one workspace with one relay; `test_what_a_press_says` has the rest.
PRESSED = {
    "again", "answer", "compare", "evidence", "fixes", "guide", "list", "meaning", "nearest", "none", "platform",
    "preflight", "raw", "reading", "right", "start", "stop", "ticket", "tree", "wrong",
}  # fmt: skip
# Calls that show something to somebody.
SHOWN = {
    "chat.postMessage", "chat.postEphemeral", "chat.update", "views.open", "response_url",
    "files.completeUploadExternal",
}  # fmt: skip
# Words of what is posted for a press, where they are always the same.
TEXTS = {
    "evidence": "checks passed",
    "fixes": "What to do on",
    "preflight": "Preflight test on",
    "ticket": "For the customer",
    "tree": "How it was decided",
    "right": "Thank you",
    "stop": "has ended already",
    "guide": "/diagnose 31009",
}


async def test_every_button(
    former: Former,
    slack: FakeSlack,
    serving: Serving,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every button and select that the former app has left does after the update what it was put there for."""
    ada = slack.user("ada")
    async with former_app(former, slack, tmp_path) as app:
        await fill_slack(app)
        places = [*app.ours(), *slack.whispers(), *slack.team.homes.values()]
        left = [pressable for place in places for pressable in pressables(place)]
        await app.kill()
    assert {elements.read(pressable.done)["verb"] for pressable in left} == PRESSED
    for pause in (
        "bot.slack.api.update_pacer.PACE",
        "bot.slack.runtime.ordering.GRACE",
        "tests.fake_slack.chat.PACE",
    ):
        monkeypatch.setattr(pause, 0.0)  # seconds; what these are for is tested elsewhere
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        await here.context.tasks.drain(10)
        for pressable in left:
            count, before = len(slack.records.calls), [*here.ours(), *slack.whispers()]
            await pressable.press(slack, ada)
            await here.context.tasks.drain(10)
            made = {call.method for call in slack.records.calls[count:] if not call.error}
            texts = [new.text for new in (*here.ours(), *slack.whispers()) if new not in before]
            assert made & SHOWN, pressable.done
            assert not [text for text in texts for word in REFUSALS if word in text], (pressable.done, texts)
            words = TEXTS.get(elements.read(pressable.done)["verb"], "")
            assert not words or any(words in text for text in texts), (pressable.done, texts)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_windows(former: Former, slack: FakeSlack, serving: Serving, tmp_path: Path) -> None:
    """A window that the former app had opened can still be sent, and leads back to where it was opened."""
    ada = slack.user("ada")
    async with former_app(former, slack, tmp_path) as app:
        await app.order("meet", "SIGNALING_SHUT")
        await slack.command("/diagnose 31009 ios", ada)
        await slack.click(await app.verdict(), "lm_wrong", ada)
        feedback = await app.view(modals.FEEDBACK)
        await slack.command("/diagnose", ada)
        form = await app.view(modals.FORM)
        await app.order("settle")
        await app.kill()
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        await slack.submit(feedback, {"cause": "vpn-in-the-way", "words": "it was the VPN"}, ada)
        filled = {"code": "31005", "platform": "android", "sdk-version": "6.6.1", "vpn": "no"}
        answer = await slack.submit(form, filled, ada)
        assert answer.answer is None
        verdict = await here.verdict(1)
        assert verdict.channel.name == "support"
        found = await here.context.store.case_of_thread(slack.team.id, verdict.channel.id, verdict.ts)
        assert found
        assert (found.request.code, found.request.platform) == ("31005", "android")
        assert found.request.answers == {"sdk-version": "6.6.1", "vpn": "no"}
        await here.context.tasks.drain(10)
        counts = await here.context.store.feedback_counts()
        assert counts == {
            "signaling-blocked": {"right": 0, "wrong": 1},
            "vpn-in-the-way": {"right": 1, "wrong": 0},
        }


async def test_case_goes_on(former: Former, slack: FakeSlack, serving: Serving, tmp_path: Path) -> None:
    """A former verdict takes an answer, explains itself from what was observed then, and is compared with a new run."""
    ada = slack.user("ada")
    async with former_app(former, slack, tmp_path) as app:
        await app.order("meet", "MEDIA_LOST")
        await slack.command("/diagnose 31009 javascript", ada)
        top = await app.verdict()
        await app.order("settle")
        await app.kill()
    async with serving(slack, MadeUpRelay()) as here:
        before = top.text
        await slack.click(top, "lm_answer_1", ada)
        await here.until(lambda: top.text != before, "the verdict to change by the answer")
        assert here.relay.plans == []
        await slack.say("why?", ada, thread=top.ts)
        assert "the checks of this case" in (await here.reply("[1]")).text
        await slack.say("show the evidence", ada, thread=top.ts)
        await here.reply("20 of 21 checks passed")
        await slack.click(top, "lm_again", ada)
        assert "UDP to the media ports is blocked" in (await here.reply("Fixed: ")).text
        assert len(here.relay.plans) == 1


async def test_owed_and_cut_off(former: Former, slack: FakeSlack, serving: Serving, tmp_path: Path) -> None:
    """A verdict that the former process still owed to Slack is sent; a run that it did not end starts again."""
    ada = slack.user("ada")
    async with former_app(former, slack, tmp_path) as app:
        await app.order("meet", "SIGNALING_SHUT")
        slack.chaos.fail("chat.update", "internal_error", times=1000)
        await slack.command("/diagnose 31009 ios", ada)
        await app.until(lambda: outcomes(tmp_path) == ["found"], "the run to end")
        await app.order("stick")
        await slack.command("/diagnose 31005 ios", ada)
        await app.until(lambda: outcomes(tmp_path) == ["found", ""], "the second run to begin")
        await app.until(lambda: len(app.ours()) == 2)
        await app.kill()
    slack.chaos.orders.clear()
    async with serving(slack, MadeUpRelay()) as here:
        assert (await here.verdict()).text.startswith("Blocked: ")
        assert "31005" in str((await here.verdict(1)).blocks)
        await here.context.tasks.drain(5)  # a message is there a moment before it is noted as sent
        assert await here.context.store.unfinished() == ()
        assert await here.context.store.due() == ()
        assert len(here.ours()) == 2


async def test_posted_and_not_noted(
    former: Former, slack: FakeSlack, serving: Serving, tmp_path: Path
) -> None:
    """A message that the former process posted without hearing of it is known by its metadata, not posted again."""
    ada = slack.user("ada")
    async with former_app(former, slack, tmp_path) as app:
        await slack.command("/diagnose 31009 ios", ada)
        top = await app.verdict()
        await app.order("settle")
        answered = slack.chaos.held["chat.postMessage"] = asyncio.Event()
        await slack.mention("what does turn-blocked mean?", ada, thread=top.ts)
        await app.until(lambda: len(app.ours()) == 2)
        await slack.command("/diagnose 31005 ios", ada)
        await app.until(lambda: len(app.ours()) == 3)
        await app.kill()
    answered.set()
    del slack.chaos.held["chat.postMessage"]
    async with serving(slack, MadeUpRelay()) as here:
        await here.verdict(2)
        await here.context.tasks.drain(10)
        assert await here.context.store.taken_in() == ()
        assert len(here.ours()) == 3


def outcomes(folder: Path) -> list[str]:
    """What became of each run, by what is in the database."""
    with closing(sqlite3.connect(folder / "lineman.db")) as db:
        return [row[0] for row in db.execute("SELECT outcome FROM runs ORDER BY started")]


def test_what_a_press_says(former: Former) -> None:
    """Everything that can be pressed in any reply of the former version is read as it was, and belongs to somebody."""
    gallery = former.ask("former_gallery.py")
    known = {**actions.ABOUT_CASE, **actions.ABOUT_RUN, **free_actions.FREE_ACTIONS}
    verbs = set()
    for press in gallery["presses"]:
        assert elements.read(press["action"]) == press["read"]
        verbs.add(press["read"]["verb"])
    assert verbs == PRESSED | {"relay", "view"}
    assert verbs <= set(known)
    assert set(gallery["windows"]) == {modals.FORM, modals.FEEDBACK}
