"""kill -9 at random moments while people use every entry point: after the last restart each has one reply."""

import asyncio
import os
import random
from pathlib import Path
from typing import Final

import pytest

from tests.fake_slack.slack import FakeSlack
from tests.slack.asking import WAYS, Asked, people
from tests.slack.bot import Bot, serving
from tests.slack.world import closed_world

pytestmark = pytest.mark.load

FULL: Final = os.environ.get("LINEMAN_SLACK_LOAD") == "full"
KILLS: Final = 20 if FULL else 3
EACH: Final = 12 if FULL else 2  # requests per entry point
AT_ONCE: Final = 8
APART: Final = 30 if FULL else 25  # most events between two kills
PATIENCE: Final = 300 if FULL else 60  # seconds
SEEDS: Final = (1, 2, 3) if FULL else (1,)


def happened(slack: FakeSlack) -> int:
    """Count events as a clock: calls of the bot, and deliveries to it."""
    return len(slack.records.calls) + sum(one.acked for one in slack.records.deliveries)


def wrong(everybody: list[Asked], kills: list[float]) -> list[str]:
    return [sentence for one in everybody if (sentence := one.wrong(kills))]


@pytest.mark.parametrize("seed", SEEDS)
async def test_killed_again_and_again(slack: FakeSlack, transport: str, tmp_path: Path, seed: int) -> None:
    """Every accepted request, by any entry point, has one verdict, refusal, or sentence after any number of kills."""
    dice, kills = random.Random(seed), list[float]()
    slack.echoes, slack.chaos.duplicates = False, 0.2
    bot = Bot(slack, transport, tmp_path, closed_world(tmp_path), {"LINEMAN_RUNS_AT_ONCE": "4"})
    await bot.start()
    everybody = await people(slack, [way for way in WAYS for _ in range(EACH)])
    dice.shuffle(everybody)
    limit, there = asyncio.Semaphore(AT_ONCE), asyncio.Event()

    async def ask(one: Asked) -> None:
        async with limit:
            await there.wait()
            await one.ask()

    slack.may_be_down = True
    asking = asyncio.gather(*map(ask, everybody))
    for _ in range(KILLS):
        there.set()
        goal = happened(slack) + dice.randint(1, APART)
        await slack.records.until(lambda goal=goal: happened(slack) >= goal or asking.done(), PATIENCE)
        there.clear()
        await bot.kill()
        kills.append(slack.clock.now())
        await bot.start()
    there.set()
    await asking
    await bot.kill()
    kills.append(slack.clock.now())
    async with serving(bot):
        try:
            await slack.records.until(lambda: not wrong(everybody, kills), PATIENCE)
        except AssertionError:
            pytest.fail("\n".join(wrong(everybody, kills)))
    assert wrong(everybody, kills) == []
    accepted, given_up = (sum(getattr(one, name) for one in everybody) for name in ("accepted", "given_up"))
    print(
        f"{transport}: {len(kills)} kills, {accepted} of {len(everybody)} requests accepted, {given_up} given up"
    )
