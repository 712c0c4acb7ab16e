"""Being a good citizen: once each, with rights, wherever we may write, and after a restart."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.slack.api.actor import of_event
from bot.slack.runtime.process_lock import process_lock
from bot.slack.runtime.worker_thread import WorkerThread
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack


async def test_twice_delivered(here: Here) -> None:
    """An event that is delivered twice is answered once."""
    delivery = await here.slack.command("/diagnose 31009 ios", here.user())
    await here.slack.deliveries.deliver("slash_commands", delivery.payload)
    await here.verdict()
    await here.context.tasks.drain(5)
    assert len(here.ours()) == 1


async def test_not_in_channel(here: Here) -> None:
    """Where the bot may not write, the diagnosis comes by direct message, and it says how to be invited."""
    here.slack.team.scopes.discard("chat:write.public")
    elsewhere = here.slack.add_channel("elsewhere", bot=False)
    await here.slack.command("/diagnose 31009 ios", here.user(), elsewhere)
    said = await here.whisper("/invite @lineman")
    assert "comes to you in a direct message" in said.text
    assert (await here.verdict()).channel.kind == "im"


async def test_uninvited(here: Here) -> None:
    """In a public channel where the bot is not, the verdict is posted, and the person hears, once, what is not read."""
    elsewhere = here.slack.add_channel("elsewhere", bot=False)
    await here.slack.command("/diagnose 31009 ios", here.user(), elsewhere)
    assert (await here.verdict()).channel is elsewhere
    assert "cannot read replies" in (await here.whisper("/invite @lineman")).text
    await here.slack.command("/diagnose 31009 android", here.user(), elsewhere)
    assert (await here.verdict(1)).channel is elsewhere
    await here.context.tasks.drain(5)
    assert len(here.slack.whispers()) == 1
    await here.slack.command("/diagnose 31009 ios", here.user("grace"))
    await here.until(lambda: here.slack.channel().posts(), "a diagnosis where the bot is a member")
    await here.context.tasks.drain(5)
    assert len(here.slack.whispers()) == 1


async def test_rights_of_whoever_asks(slack: FakeSlack, serving: Serving, tmp_path: Path) -> None:
    """A person without rights is refused on each action, whoever began the case; so is one who asks too often."""
    ada = slack.user("ada").id
    rules = tmp_path / "access.yaml"
    rules.write_text(f"rules:\n- relays: [local]\n  users: [{ada}]\n")
    async with serving(slack, MadeUpRelay(), LINEMAN_ACCESS=str(rules), LINEMAN_RATE_USER="1/600") as here:
        await slack.command("/diagnose 31009 ios", here.user("grace"))
        assert "certain people" in (await here.whisper("cannot be done")).text
        await slack.command("/diagnose 31009 ios", here.user("ada"))
        top = await here.verdict()
        await slack.click(top, "lm_evidence", here.user("linus"))
        await here.until(lambda: len(slack.whispers(here.user("linus"))) == 1)
        await slack.click(top, "lm_again", here.user("ada"))
        assert "may start 1 in" in (await here.whisper("may start")).text
        assert len(here.ours()) == 1


async def test_places_on_the_relay(slack: FakeSlack, serving: Serving) -> None:
    """Who finds no free place on the relay is told how many are before, and gets a verdict in the end."""
    relay = MadeUpRelay(pause=0.15)
    async with serving(slack, relay, LINEMAN_RUNS_AT_ONCE="1") as here:
        await slack.command("/diagnose 31009 ios", here.user("ada"))
        await slack.command("/diagnose 31009 ios", here.user("grace"))
        await here.until(lambda: any("Waiting" in text for one in here.ours() for text in one.history))
        await here.verdict()
        await here.verdict(1)


async def test_bench_cancels() -> None:
    """Canceling a call cancels its work in the worker thread, too."""
    bench, ended = WorkerThread(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            loop.call_soon_threadsafe(ended.set)

    task = asyncio.create_task(bench.run(endless()))
    await asyncio.sleep(0)
    await bench.call(lambda: None)
    task.cancel()
    async with asyncio.timeout(1):
        await ended.wait()
    await bench.close()


async def test_bench_drops_what_is_canceled() -> None:
    """A call that is canceled while it waits behind others is not made, so that the thread ends soon."""
    bench, made, go = WorkerThread(), list[int](), threading.Event()
    first = asyncio.create_task(bench.call(go.wait, 5))
    others = [asyncio.create_task(bench.call(made.append, number)) for number in range(3)]
    await asyncio.sleep(0)
    others[0].cancel()
    others[2].cancel()
    await asyncio.gather(*others[::2], return_exceptions=True)
    go.set()
    assert await first
    await others[1]
    await bench.close()
    assert made == [1]


async def test_one_process_for_each_database(tmp_path: Path) -> None:
    """A second process does not touch the runs of the first; it may begin when that has ended."""
    database = str(tmp_path / "lineman.db")
    async with process_lock(database):
        with pytest.raises(UsageError, match="Another process"):
            async with process_lock(database, patience=0.01):
                pass
    async with process_lock(database, patience=0.01):
        pass


async def test_archived(here: Here) -> None:
    """An archived channel is called that, and nobody is told to invite the bot there."""
    old = here.slack.add_channel("old")
    old.archived = True
    await here.slack.command("/diagnose 31009 ios", here.user(), old)
    said = await here.whisper("This channel is archived")
    assert "invite" not in said.text
    assert (await here.verdict()).channel.kind == "im"


@pytest.mark.parametrize(("kind", "name"), [("im", "directmessage"), ("mpim", "mpdm-ada--grace--linus-1")])
async def test_between_people(here: Here, kind: str, name: str) -> None:
    """In direct messages between people, which apps cannot join, nobody is told to invite the bot."""
    talk = here.slack.add_channel(name, bot=False, kind=kind)
    await here.slack.command("/diagnose 31009 ios", here.user(), talk)
    text = (await here.whisper("direct messages between other people")).text
    assert "The answer comes to you in a direct message" in text
    assert "invite" not in text
    verdict = await here.verdict()
    assert verdict.channel is here.slack.team.direct(here.user().id)


async def test_examples_of_what_is_asked_here(here: Here) -> None:
    """Examples name the code and the platform that were asked for most in this channel, or else the usual ones."""
    slack = here.slack
    await slack.command("/diagnose nonsense=1", here.user("grace"))
    assert "/diagnose 31009 ios" in (await here.whisper("For example")).text
    for number, words in enumerate(("53405 android", "31009 ios", "53405 android")):
        await slack.command(f"/diagnose {words}", here.user("ada"))
        await here.verdict(number)
    await slack.command("/diagnose nonsense=1", here.user("grace"))
    await here.until(lambda: len(slack.whispers(here.user("grace"))) == 2)
    told = slack.whispers(here.user("grace"))[-1].text
    assert "For example: /diagnose 53405, or /diagnose 53405 android" in told
    assert " edge=frankfurt" in told


async def test_people_from_outside(here: Here) -> None:
    """Who shares a channel from another organization starts and repeats no diagnosis, by any way, and is told why."""
    slack, guest = here.slack, here.user("linus")
    await slack.command("/diagnose 31009 ios", here.user())
    top = await here.verdict()
    guest.home = "T0ELSEWHERE"
    await slack.mention("31009 ios", guest)
    await slack.click(top, "lm_again", guest)
    await slack.mention("test again", guest, thread=top.ts)
    await here.until(lambda: len(slack.whispers(guest)) == 3, "three refusals")
    assert all(
        "only be used by people of our own organization" in refused.text for refused in slack.whispers(guest)
    )
    await slack.click(top, "lm_evidence", guest)
    await here.reply("checks passed")
    assert len(here.relay.plans) == 1


def test_who_is_from_outside() -> None:
    """Another workspace is outside; in an organization, only another organization is."""

    def home(user_team: str, enterprise: str = "") -> str:
        granted = {"team_id": "T1", "enterprise_id": enterprise or None}
        event = {"user": "U1", "channel": "C1", "user_team": user_team}
        return of_event({"team_id": "T2", "authorizations": [granted], "event": event}).home

    assert [home("T1"), home("T2"), home("E2"), home("")] == ["", "T2", "E2", ""]
    assert [home("T9", "E1"), home("E1", "E1"), home("E2", "E1")] == ["", "", "E2"]
    outside = {"team_id": "T2", "authorizations": [{"team_id": "T1"}], "event": {"user_team": "T2"}}
    assert of_event(outside).team == "T1"


@pytest.mark.parametrize(("shared", "home"), [(True, "T9"), (False, "")])
def test_outside_without_user_team(shared: bool, home: str) -> None:
    """In a shared channel, the workspace of a message is that of its author; elsewhere, it says nothing."""
    event = {"user": "U1", "channel": "C1", "team": "T9"}
    granted = [{"team_id": "T1", "enterprise_id": None}]
    body = {"team_id": "T1", "authorizations": granted, "is_ext_shared_channel": shared, "event": event}
    assert of_event(body).home == home
    assert of_event(body | {"event": event | {"team": "T1"}}).home == ""
