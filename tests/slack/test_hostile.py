"""Hostile texts through each entry point: no exception, no secret anywhere, no mention of a whole channel.

In the gate a part of them; `make slack-load` sends 5,000 each way.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from tests.fake_slack.slack import FakeSlack
from tests.slack.bot import UNPACED, Bot, serving
from tests.slack.hostile import SECRETS, texts
from tests.slack.world import closed_world

pytestmark = pytest.mark.load

FULL: Final = os.environ.get("LINEMAN_SLACK_LOAD") == "full"
COUNT: Final = 5000 if FULL else 100
PATIENCE: Final = 300.0  # seconds until all are answered, on a busy machine
AT_ONCE: Final = 20
MESSAGE_SHORTCUT: Final = "diagnose_message"
Way = Callable[[FakeSlack, str, int], Awaitable[object]]


async def by_command(slack: FakeSlack, text: str, number: int) -> None:
    # a slash command is one line
    await slack.command("/diagnose " + " ".join(text.split()), person(slack, number))


async def by_mention(slack: FakeSlack, text: str, number: int) -> None:
    await slack.mention(text, person(slack, number))


async def by_direct_message(slack: FakeSlack, text: str, number: int) -> None:
    await slack.tell(text, person(slack, number))


async def by_shortcut(slack: FakeSlack, text: str, number: int) -> None:
    message = slack.paste(text, person(slack, number))
    await slack.shortcut(MESSAGE_SHORTCUT, message, person(slack, number + 1))


async def by_thread(slack: FakeSlack, text: str, number: int) -> None:
    first = next(one for one in slack.messages() if one.bot)
    # plainly, by name, and with a question before it
    say = slack.say if number % 2 else slack.mention
    await say(f"why? {text}" if number % 5 == 0 else text, person(slack, number), thread=first.ts)


def person(slack: FakeSlack, number: int):
    people = [one for one in slack.team.users.values() if not one.is_bot]
    return people[number % len(people)]


@pytest.mark.parametrize("way", [by_command, by_mention, by_direct_message, by_shortcut, by_thread])
async def test_hostile_texts(slack: FakeSlack, tmp_path: Path, way: Way) -> None:
    """Hostile texts break nothing, no secret is stored or repeated, and no channel is mentioned."""
    slack.echoes = slack.chaos.tiers = False
    for number in range(max(50, COUNT // 20)):
        slack.add_user(f"user{number}")
    bot = Bot(slack, "socket", tmp_path, closed_world(tmp_path), {"LINEMAN_RUNS_AT_ONCE": "1", **UNPACED})
    limit = asyncio.Semaphore(AT_ONCE)

    async def send(number: int, text: str) -> None:
        async with limit:
            await way(slack, text, number)

    async with serving(bot):
        if way is by_thread:
            await slack.command("/diagnose 31009", person(slack, 0))
            await bot.verdict()
        await asyncio.gather(*(send(number, text) for number, text in enumerate(texts(COUNT))))
        await slack.deliveries.drain()
        if way is by_command:
            await slack.records.until(lambda: answers(slack) >= COUNT, PATIENCE, "an answer to each")
    assert "fault" not in bot.log
    assert slack.pings() == []
    assert leaks(bot) == []


def answers(slack: FakeSlack) -> int:
    """How many commands were answered so far: to one person, to all, or with the form."""
    forms = len(slack.records.made("views.open"))
    return len(slack.whispers()) + sum(one.bot for one in slack.messages()) + forms


def leaks(bot: Bot) -> list[str]:
    """List the places that contain a secret: the log, the database with its journal, everything sent."""
    places = {"log": bot.log.encode()}
    places |= {file.name: file.read_bytes() for file in bot.folder.glob("lineman.db*")}
    sent = [call.args for call in bot.slack.records.calls]
    places["replies"] = json.dumps(sent, ensure_ascii=False).encode()
    return [
        f"{secret} in {name}"
        for _, secret in SECRETS
        for name, held in places.items()
        if secret.encode() in held
    ]
