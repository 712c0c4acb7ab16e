"""Two bots in processes of their own on one PostgreSQL: killed again and again, and the server restarted.

`make postgres-tests` runs a part of it, and `make two-bots` the whole.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from tests import postgresql
from tests.fake_slack.slack import FakeSlack
from tests.slack.asking import WAYS, Asked, people
from tests.slack.bot import UNPACED, Bot
from tests.slack.test_kills import happened, wrong
from tests.slack.world import closed_world

FULL: Final = os.environ.get("LINEMAN_TWO_BOTS") == "full"
pytestmark = [
    pytest.mark.load,
    pytest.mark.skipif(
        not FULL and os.environ.get("LINEMAN_TEST_DATABASE") != "postgresql",
        reason="`make postgres-tests` and `make two-bots` run it",
    ),
]
KILLS: Final = 20 if FULL else 3
RESTARTS: Final = 3 if FULL else 1  # of the server
EACH: Final = 63 if FULL else 3  # requests per entry point: 16 entry points make 1,008 and 48
AT_ONCE: Final = 16 if FULL else 4
APART: Final = 120 if FULL else 12  # most events between two interruptions
PATIENCE: Final = 600 if FULL else 120  # seconds


@pytest.fixture
def server() -> Iterator[postgresql.PostgresServer]:
    """A server of this test's own, which loses nothing that was committed when it ends at once."""
    with postgresql.server() as server:
        server.command("ALTER SYSTEM SET synchronous_commit = on")
        server.command("SELECT pg_reload_conf()")
        yield server


@pytest_asyncio.fixture
async def bots(
    slack: FakeSlack, server: postgresql.PostgresServer, tmp_path: Path
) -> AsyncIterator[tuple[Bot, Bot]]:
    """Two bots on one database."""
    database = {"LINEMAN_DATABASE": server.database(), "LINEMAN_RUNS_AT_ONCE": "4", **UNPACED}
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        # The other one may be busy.
        made.append(Bot(slack, "socket", folder, closed_world(folder), database, start_limit=PATIENCE))
    try:
        await asyncio.gather(*(bot.start() for bot in made))
        yield made[0], made[1]
    finally:
        await asyncio.gather(*(bot.kill() for bot in made))


async def interrupt(
    slack: FakeSlack,
    bots: tuple[Bot, Bot],
    server: postgresql.PostgresServer,
    dice: random.Random,
    asking: "asyncio.Future[list[None]]",
) -> AsyncIterator[float]:
    """Kill a bot or the server at random moments while people are *asking*, give the time, and start it again."""
    what = [*dice.choices(bots, k=KILLS), *[None] * RESTARTS]
    dice.shuffle(what)
    for bot in what:
        await _events(slack, dice.randint(1, APART), asking)
        if bot is None:
            await asyncio.to_thread(server.stop)
            yield slack.clock.now()
            await asyncio.to_thread(server.start)
        else:
            await bot.kill()
            yield slack.clock.now()
            await bot.start()


async def _events(slack: FakeSlack, count: int, asking: "asyncio.Future[list[None]]") -> None:
    goal = happened(slack) + count
    await slack.records.until(lambda: happened(slack) >= goal or asking.done(), PATIENCE, "more events")


async def test_each_answered_once(
    slack: FakeSlack, server: postgresql.PostgresServer, bots: tuple[Bot, Bot]
) -> None:
    """With a fifth delivered twice, every accepted request has one verdict, refusal, or sentence."""
    dice, kills = random.Random(12), list[float]()
    slack.echoes = slack.chaos.tiers = False
    slack.chaos.duplicates = 0.2
    everybody = await people(slack, [way for way in WAYS for _ in range(EACH)])
    dice.shuffle(everybody)
    limit = asyncio.Semaphore(AT_ONCE)
    slack.may_be_down = True

    async def ask(one: Asked) -> None:
        async with limit:
            await one.ask()

    asking = asyncio.gather(*map(ask, everybody))
    async for at in interrupt(slack, bots, server, dice, asking):
        kills.append(at)
    await asking
    try:
        await slack.records.until(lambda: not wrong(everybody, kills), PATIENCE)
    except AssertionError:
        logs = "\n".join(bot.log[-3000:] for bot in bots)
        pytest.fail("\n".join((*wrong(everybody, kills), logs)))
    twice = sum(len(one.sent) > 1 for one in slack.records.deliveries)
    accepted, given_up = (sum(getattr(one, name) for one in everybody) for name in ("accepted", "given_up"))
    print(
        f"{len(everybody)} requests, {accepted} accepted, {twice} delivered twice, {KILLS} kills, "
        f"{RESTARTS} restarts of PostgreSQL: 0 lost, 0 answered twice, {given_up} given up"
    )
    assert given_up <= len(everybody) / 100
    left = "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM runs WHERE status = 'running')"
    url = str(bots[0].environment["LINEMAN_DATABASE"])
    await slack.records.until(lambda: server.command(left, url) == [(0, 0)], PATIENCE, "an empty inbox")
    for bot in bots:
        assert "Traceback" not in bot.log, bot.log[-4000:]
    # While the server restarts, an acknowledgement may come after the three seconds that Slack waits.
    late = ("an acknowledgement too late", "an envelope acknowledged twice")
    slack.records.violations[:] = [one for one in slack.records.violations if not one.startswith(late)]
