"""Many at once, with duplicates, refusals and renewed connections: each answered once, none lost, also over a crash.

In the gate a part of it runs that still shows every one of these faults; `make slack-load` runs the whole.
"""

import asyncio
import gc
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fake_slack.records import Delivery
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Channel, User
from tests.slack.asking import WAYS, people
from tests.slack.bot import UNPACED, Bot, has_ended, serving
from tests.slack.report import quantile, report
from tests.slack.world import closed_world

pytestmark = pytest.mark.load

FULL: Final = os.environ.get("LINEMAN_SLACK_LOAD") == "full"
COMMANDS: Final = 1000 if FULL else 100
USERS: Final = 200 if FULL else 25
AT_ONCE: Final = 50
PATIENCE: Final = 600 if FULL else 60  # seconds
WORDS: Final = ("javascript", "ios", "android", "react-native", "")  # one person's commands can be told apart
SUBJECTS: Final = ("JavaScript", "iOS", "Android", "React Native", "every platform")
ANSWERS: Final = ("vpn yes", "vpn no", "vpn yes")
FORMS_EVERY: Final = 20  # so many commands apart, somebody wants the form
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
            word = WORDS[number // len(who) % len(WORDS)]
            return channel, await slack.command(f"/diagnose 31009 {word}".strip(), user, channel)

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


def wrongly_answered(slack: FakeSlack, typed: list[Typed]) -> list[str]:
    """Each command that has not one message of its own: a person's commands ask for different platforms."""
    wrong = []
    for channel in {one.id: one for one, _ in typed}.values():
        here = sum(where is channel for where, _ in typed)
        wanted = Counter(SUBJECTS[number % len(SUBJECTS)] for number in range(here))
        firsts = [one.history[0] for one in slack.messages(channel) if one.bot and one.root == one.ts]
        got = Counter(subject for text in firsts for subject in SUBJECTS if f"on {subject}" in text)
        wrong += [f"{channel.name}: {got} of {wanted}"] if got != wanted else []
    return wrong


async def open_forms(slack: FakeSlack, who: list[tuple[User, Channel]]) -> int:
    """Let people ask for the form meanwhile, one after the other; gives how many did."""
    wanted = COMMANDS // FORMS_EVERY
    for number in range(wanted):
        user, channel = who[number % len(who)]
        await slack.command("/diagnose", user, channel)
    return wanted


async def go_on(slack: FakeSlack, who: list[tuple[User, Channel]]) -> list[str]:
    """Let people answer in their threads without waiting; names the threads where replies are out of order."""

    async def one(user: User, channel: Channel) -> str:
        top = next(
            m for m in slack.messages(channel) if m.bot and m.root == m.ts and "JavaScript" in m.history[0]
        )
        for words in ANSWERS:
            await slack.say(words, user, channel, top.ts)
        expected = [f"Noted: {words}" for words in ANSWERS]

        def replies() -> list[str]:
            return [m.text for m in channel.thread(top.ts) if m.bot and m.text.startswith("Noted")]

        await slack.records.until(lambda: len(replies()) >= len(ANSWERS), PATIENCE, "replies in the thread")
        return (
            ""
            if [text.partition(".")[0] for text in replies()] == expected
            else f"{channel.name}: {replies()}"
        )

    return [wrong for wrong in await asyncio.gather(*(one(*each) for each in who[: USERS // 4])) if wrong]


async def test_each_answered_once(slack: FakeSlack, transport: str, tmp_path: Path) -> None:
    """With a fifth delivered twice, 5 % refused and a socket renewed every 2 s, every command has one verdict.

    Whoever asks for the form meanwhile has it or hears why not, and in each thread answers come in order.
    """
    slack.echoes = slack.chaos.tiers = False
    slack.chaos.duplicates, slack.chaos.rate_limited = 0.2, 0.05
    who, began = typists(slack), time.monotonic()
    async with serving(Bot(slack, transport, tmp_path, closed_world(tmp_path), UNPACED)):
        async with slack.refreshing(2.0 if FULL else 0.5):
            typed, forms = await asyncio.gather(type_all(slack, who, range(COMMANDS)), open_forms(slack, who))
            await slack.records.until(lambda: not unanswered(slack, typed), PATIENCE, "all verdicts")
            spent = time.monotonic() - began
            out_of_order = await go_on(slack, who)
        opened = len(slack.records.made("views.open"))
        late = sum("three seconds" in one.text for one in slack.whispers())
        wrong = wrongly_answered(slack, typed)
    twice = sum(len(one.sent) > 1 for one in slack.records.deliveries)
    told = {
        "commands": len(typed),
        "not_answered_once": len(wrong),
        "delivered_twice": twice,
        "seconds": round(spent),
    }
    forms_told = {"forms_opened": opened, "forms_too_late": late, "threads_out_of_order": len(out_of_order)}
    print(report(slack, f"{COMMANDS} commands, {transport}", **told, **forms_told))
    assert all(command.acked for _, command in typed)
    assert wrong == []
    assert out_of_order == []
    assert opened + late == forms
    assert not [one for one in slack.messages() if "could not" in one.text.lower()]


WHOLE: Final = pytest.mark.skipif(
    not FULL, reason="`make slack-load` runs it, on a machine with nothing else to do"
)


@pytest.mark.parametrize("early", [False, True])
async def test_killed_in_the_middle(slack: FakeSlack, tmp_path: Path, early: bool) -> None:
    """After kill -9 and a restart, every command that was taken has one message that came to its end.

    It happens while commands wait for their verdicts, or amid the acknowledgements.
    """
    slack.echoes = slack.chaos.tiers = False
    slack.chaos.duplicates = 0.2
    who = typists(slack)
    bot = Bot(slack, "socket", tmp_path, closed_world(tmp_path), {"LINEMAN_RUNS_AT_ONCE": "2", **UNPACED})
    await bot.start()
    half = asyncio.create_task(type_all(slack, who, range(COMMANDS // 2)))
    slack.may_be_down = True
    await slack.records.until(
        lambda: acknowledged(slack) if early else ended(slack) >= COMMANDS // 20, PATIENCE
    )
    await bot.kill()
    typed = await half
    bot.environment = UNPACED  # the backlog need not wait for two at a time
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


@pytest.fixture
def no_garbage() -> Iterator[None]:
    """Leave what earlier tests have loaded out of garbage collection: it stops the fake Slack for 0.1 s at a time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@WHOLE
@pytest.mark.usefixtures("no_garbage")
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
@pytest.mark.usefixtures("no_garbage")
async def test_acknowledged_in_time(slack: FakeSlack, transport: str, tmp_path: Path) -> None:
    """Fifty at a time, 99 of 100 commands are acknowledged within 100 ms."""
    slack.echoes = slack.chaos.tiers = False
    slack.judges_later = True
    who = typists(slack)
    async with serving(Bot(slack, transport, tmp_path, closed_world(tmp_path), UNPACED)):
        typed = await type_all(slack, who, range(500))
        acks = slack.records.latencies("slash_commands")
        await slack.records.until(lambda: not unanswered(slack, typed), PATIENCE, "all verdicts")
    print(report(slack, f"500 commands, fifty at a time, {transport}"))
    assert quantile(acks, 0.99) < 0.1
