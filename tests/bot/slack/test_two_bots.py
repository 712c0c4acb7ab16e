"""Two bots on one PostgreSQL database: whichever of them Slack chooses, people notice nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.storage import postgresql_sessions
from probes.protocol.metrics import DATABASE_ERRORS
from probes.protocol.tally import TALLY
from tests.bot.slack.conftest import Here, open_app
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.postgresql import PostgresServer
from tests.previews.samples import SIGNALING_SHUT


@dataclass
class TwoBots:
    """Two apps in this process, and the connections of each to Slack."""

    slack: FakeSlack
    bots: tuple[Here, Here]
    sockets: tuple[list[Any], list[Any]]

    def choose(self, number: int) -> Here:
        """Let Slack send everything to this bot from now on."""
        self.slack.socket.live = list(self.sockets[number])
        return self.bots[number]


@pytest_asyncio.fixture
async def two(slack: FakeSlack, postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[TwoBots]:
    database = postgres.at(tmp_path)
    async with AsyncExitStack() as stack:
        bots, sockets = [], []
        for _ in range(2):
            slack.socket.live = []
            bots.append(await stack.enter_async_context(open_app(slack, MadeUpRelay(), database)))
            await bots[-1].until(lambda: len(slack.socket.live) == 2, "both connections of a bot")
            sockets.append(slack.socket.live)
        yield TwoBots(slack, (bots[0], bots[1]), (sockets[0], sockets[1]))
        slack.socket.live = sockets[0] + sockets[1]


async def test_stop_reaches_the_other_bot(two: TwoBots) -> None:
    """A press on Stop, by anybody, stops the run where it is; a second press hears that it is over."""
    first = two.choose(0)
    first.relay.stuck = True
    await two.slack.command("/diagnose 31009 ios", first.user())
    await first.until(lambda: first.ours() and first.context.active_runs)
    (message,) = first.ours()
    second = two.choose(1)
    await two.slack.click(message, "lm_stop", second.user("grace"))
    assert (await first.verdict()).text.startswith("Stopped: 31009 on iOS")
    assert not first.context.active_runs
    await two.slack.say("stop", second.user(), message.channel, message.ts)
    await second.whisper("Nothing is running here")
    assert await second.context.store.running_elsewhere(two.slack.team.id) == ()


async def test_stop_by_command_reaches_all_bots(two: TwoBots) -> None:
    """`/diagnose stop` ends what its person started in the channel, on whichever bot, and nobody else's."""
    for number, bot in enumerate(two.bots):
        bot.relay.stuck = True
        for name in ("ada", "grace"):
            await two.slack.command("/diagnose 31009 ios", two.choose(number).user(name))
        await bot.until(lambda bot=bot: len(bot.context.active_runs) == 2)
    second = two.choose(1)
    await two.slack.command("/diagnose stop", second.user())
    await second.whisper("Stopped your 2 diagnoses. Still running, started by other people: 2 diagnoses.")
    for bot in two.bots:
        await bot.until(lambda bot=bot: len(bot.context.active_runs) == 1)
        (running,) = bot.context.active_runs.values()
        assert running.user == bot.user("grace").id
    await second.until(lambda: sum(one.text.startswith("Stopped: 31009") for one in second.ours()) == 2)


async def test_thread_goes_on_with_the_bot_that_knows_it(two: TwoBots) -> None:
    """An answer, its follow-up, and a window that needs Slack's trigger are all served, each by the same bot."""
    first = two.choose(0)
    await two.slack.command("/diagnose 31009 javascript", first.user())
    top = await first.verdict()
    second = two.choose(1)
    await two.slack.say("vpn yes", second.user(), top.channel, top.ts)
    await first.reply("Noted: vpn yes")
    two.choose(0)
    await two.slack.say("vpn no", first.user(), top.channel, top.ts)
    await first.reply("Noted: vpn no")
    two.choose(1)
    await two.slack.click(top, "lm_again", second.user())
    await first.until(lambda: len(first.relay.plans) == 2, "another run on the first bot")
    assert second.relay.plans == []
    await first.until(lambda: not first.context.active_runs)


async def test_window_opens_from_the_other_bot(two: TwoBots) -> None:
    """Slack's trigger, which is not stored, reaches the bot that holds the thread in time."""
    first = two.choose(0)
    first.relay.faults = SIGNALING_SHUT
    await two.slack.command("/diagnose 31009 javascript", first.user())
    top = await first.verdict()
    second, before = two.choose(1), len(two.slack.records.made("views.open"))
    await two.slack.vote(top, "negative", second.user())
    await first.until(lambda: len(two.slack.records.made("views.open")) > before, "a window")
    assert await second.context.store.taken_in() == ()


async def test_duplicates_at_both_bots(two: TwoBots) -> None:
    """A command that Slack delivers to both has one diagnosis."""
    two.slack.chaos.duplicates = 1.0
    for name in ("ada", "grace", "linus"):
        await two.slack.command("/diagnose 31009 ios", two.slack.user(name))
    await two.slack.deliveries.drain()
    some = two.bots[0]
    await some.until(
        lambda: len(some.ours()) == 3 and all("lm_again" in one.actions() for one in some.ours())
    )
    assert sum(len(bot.relay.plans) for bot in two.bots) == 3
    assert all(len(one.sent) > 1 for one in two.slack.records.deliveries if one.kind == "slash_commands")


async def test_database_that_is_away(
    two: TwoBots, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Slack delivers to both while nothing can be stored has one answer: the verdict, afterwards."""
    monkeypatch.setattr(postgresql_sessions, "PATIENCE", 0.1)
    name = postgres.at(tmp_path).partition("?")[0].rpartition("/")[2]
    two.slack.chaos.duplicates, two.slack.may_be_down = 1.0, True
    failed, first = _failed(), two.bots[0]
    postgres.command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    postgres.command(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    asking = asyncio.create_task(two.slack.command("/diagnose 31009 ios", first.user()))
    await first.until(lambda: _failed() > failed + 1, "writes that fail")
    # A bot that loses its work to the other one would lose what it has acknowledged and not stored.
    assert not any(one.acked for one in two.slack.records.deliveries)
    postgres.command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await first.verdict()
    await asking
    await two.slack.deliveries.drain()
    assert (len(first.ours()), two.slack.whispers()) == (1, [])
    assert sum(len(bot.relay.plans) for bot in two.bots) == 1


def _failed() -> int:
    return TALLY.counts().get((DATABASE_ERRORS, ""), 0)


async def test_bot_that_stops_leaves_its_thread_to_the_other(
    slack: FakeSlack, postgres: PostgresServer, tmp_path: Path
) -> None:
    """After a bot has stopped, the other one answers in its threads, from what is stored."""
    database = postgres.at(tmp_path)
    async with open_app(slack, MadeUpRelay(), database) as stays:
        await stays.until(lambda: len(slack.socket.live) == 2)
        others, slack.socket.live = slack.socket.live, []
        async with open_app(slack, MadeUpRelay(), database) as goes:
            await slack.command("/diagnose 31009 javascript", goes.user())
            top = await goes.verdict()
        slack.socket.live = others
        slack.clock.advance(2)  # since the last change of the message
        await slack.say("vpn yes", stays.user(), top.channel, top.ts)
        await stays.reply("Noted: vpn yes")


async def test_tokens_are_looked_up_again_everywhere(two: TwoBots) -> None:
    """After an installation or its end at one bot, the other one uses no former token either."""
    first, second = two.bots
    former = await second.context.workspaces.get("")
    first.context.workspaces._changed()
    await second.until(lambda: not second.context.workspaces._known, "the workspaces are forgotten")
    again = await second.context.workspaces.get("")
    assert former is not again
