"""Many at once, with duplicates, refusals and renewed connections: each answered once, none lost, also over a crash.

In the gate a part of it runs that still shows every one of these faults; `make slack-load` runs the whole.
"""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from tests.fake_slack import Channel, Delivery, FakeSlack, User
from tests.slack.asking import WAYS, people
from tests.slack.bot import Bot, has_ended, serving
from tests.slack.world import closed_world

pytestmark = pytest.mark.load

FULL: Final = os.environ.get("LINEMAN_SLACK_LOAD") == "full"
COMMANDS: Final = 1000 if FULL else 100
USERS: Final = 200 if FULL else 25
AT_ONCE: Final = 50
PATIENCE: Final = 600 if FULL else 60  # seconds
Typed = tuple[Channel, Delivery]


def typists(slack: FakeSlack) -> list[tuple[User, Channel]]:
    """Everybody with a channel of their own, so that each answer can be told whose it is."""
    users = [slack.add_user(f"user{number}") for number in range(USERS)]
    return [(user, slack.add_channel(f"room-{user.name}")) for user in users]


async def type_all(slack: FakeSlack, who: list[tuple[User, Channel]], numbers: Iterable[int]) -> list[Typed]:
    """Everybody in turn types a command, fifty at a time."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Typed:
        user, channel = who[number % len(who)]
        async with limit:
            return channel, await slack.command("/diagnose 31009 javascript", user, channel)

    return list(await asyncio.gather(*(one(number) for number in numbers)))


def unanswered(slack: FakeSlack, typed: list[Typed]) -> list[str]:
    """Each channel where there are not as many ended diagnoses as commands that were taken.

    A command that was typed while the bot died may have been kept and never acknowledged: it has one or none.
    """
    wrong = []
    for channel in {one.id: one for one, _ in typed}.values():
        here = [command for where, command in typed if where is channel]
        taken = sum(command.acked for command in here)
        tops = [one for one in slack.messages(channel) if one.bot and one.root == one.ts]
        ended = sum(has_ended(one) for one in tops)
        if not taken <= len(tops) == ended <= len(here):
            wrong.append(f"{channel.name}: {taken} commands, {len(tops)} messages, {ended} ended")
    return wrong


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def test_each_answered_once(slack: FakeSlack, transport: str, tmp_path: Path) -> None:
    """With a fifth delivered twice, 5 % refused and a socket renewed every 2 s, every command has one verdict."""
    slack.echoes = False
    slack.chaos.duplicates, slack.chaos.rate_limited = 0.2, 0.05
    who = typists(slack)
    async with serving(Bot(slack, transport, tmp_path, closed_world(tmp_path))):
        async with slack.refreshing(2.0 if FULL else 0.5):
            typed = await type_all(slack, who, range(COMMANDS))
            await slack.records.until(lambda: not unanswered(slack, typed), PATIENCE, "all verdicts")
        assert all(command.acked for _, command in typed)
        assert not [one for one in slack.messages() if "could not" in one.text.lower()]
    acks = slack.records.latencies("slash_commands")
    shown = ", ".join(f"p{share * 100:g} {quantile(acks, share) * 1000:.0f} ms" for share in (0.5, 0.99))
    print(f"{transport}: {len(acks)} acknowledgements: {shown}")


WHOLE: Final = pytest.mark.skipif(
    not FULL, reason="`make slack-load` runs it, on a machine with nothing else to do"
)


@pytest.mark.parametrize("early", [False, True])
async def test_killed_in_the_middle(slack: FakeSlack, tmp_path: Path, early: bool) -> None:
    """After kill -9 and a restart, every command that was taken has one message that came to its end.

    It happens while commands wait for their verdicts, or amid the acknowledgements.
    """
    slack.echoes, slack.chaos.duplicates = False, 0.2
    who = typists(slack)
    bot = Bot(slack, "socket", tmp_path, closed_world(tmp_path), {"LINEMAN_RUNS_AT_ONCE": "2"})
    await bot.start()
    half = asyncio.create_task(type_all(slack, who, range(COMMANDS // 2)))
    slack.may_be_down = True
    await slack.records.until(
        lambda: acknowledged(slack) if early else ended(slack) >= COMMANDS // 20, PATIENCE
    )
    await bot.kill()
    typed = await half
    async with serving(bot):
        slack.may_be_down = False
        typed += await type_all(slack, who, range(COMMANDS // 2, COMMANDS))
        try:
            await slack.records.until(lambda: not unanswered(slack, typed), PATIENCE)
        except AssertionError:
            assert unanswered(slack, typed) == []
            raise


def acknowledged(slack: FakeSlack) -> int:
    return sum(one.acked for one in slack.records.deliveries)


def ended(slack: FakeSlack) -> int:
    return sum(map(has_ended, slack.messages()))


@WHOLE
@pytest.mark.parametrize(("way", "kind"), [("mention", "events_api"), ("evidence", "interactive")])
async def test_others_acknowledged_in_time(
    slack: FakeSlack, transport: str, tmp_path: Path, way: str, kind: str
) -> None:
    """Mentions and presses are acknowledged as fast as commands, though they are written down before."""
    slack.echoes, slack.judges_later = False, True
    async with serving(Bot(slack, transport, tmp_path, closed_world(tmp_path))):
        (one,) = await people(slack, [way])
        limit, before = asyncio.Semaphore(AT_ONCE), len(slack.records.latencies(kind))

        async def ask() -> None:
            async with limit:
                await WAYS[way].ask(one)

        await asyncio.gather(*(ask() for _ in range(500)))
        acks = slack.records.latencies(kind)[before:]
        await slack.records.until(lambda: one.runs()[0] >= 500, PATIENCE, "all answers")
    print(
        f"{transport}, {way}: {len(acks)} acknowledgements: p50 {quantile(acks, 0.5) * 1000:.0f} ms, "
        f"p99 {quantile(acks, 0.99) * 1000:.0f} ms"
    )
    assert quantile(acks, 0.99) < 0.1


@WHOLE
async def test_acknowledged_in_time(slack: FakeSlack, transport: str, tmp_path: Path) -> None:
    """Fifty at a time, 99 of 100 commands are acknowledged within 100 ms."""
    slack.echoes, slack.judges_later = False, True
    who = typists(slack)
    async with serving(Bot(slack, transport, tmp_path, closed_world(tmp_path))):
        typed = await type_all(slack, who, range(500))
        acks = slack.records.latencies("slash_commands")
        await slack.records.until(lambda: not unanswered(slack, typed), PATIENCE, "all verdicts")
    print(f"{transport}: p50 {quantile(acks, 0.5) * 1000:.0f} ms, p99 {quantile(acks, 0.99) * 1000:.0f} ms")
    assert quantile(acks, 0.99) < 0.1
