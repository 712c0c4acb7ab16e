"""Diagnoses from Slack by real relays: a hub, two relays, and the bot, each in its own process."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.small_world import SmallWorld, small_world
from tests.fake_slack.slack import FakeSlack
from tests.hub.processes import ROOT, Town, town
from tests.slack.bot import Bot, has_ended, is_notice, serving
from tests.turnserver import Coturn, coturn


@pytest.fixture(scope="module")
def turn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with coturn(tmp_path_factory.mktemp("coturn")) as server:
        yield server


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    (tmp_path / "world").mkdir()
    async with small_world(tmp_path / "world", turn_server) as world:
        yield world


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    """Start a relay that may connect everywhere, and one whose own policy denies the service."""
    with town(tmp_path) as place:
        place.start_hub()
        place.join("acme-hq", more=("--for", "#support"))
        place.start_relay("acme-hq")
        place.ranges = '"192.0.2.0/24"'
        place.join("berlin", more=("--label", "site=berlin"))
        policy = tmp_path / "berlin" / "policy.yaml"
        policy.write_text(policy.read_text().replace('"*.example"', '"*.nowhere.example"'))
        place.start_relay("berlin")
        place.until(lambda: len(place.connected()) == 2)
        yield place


async def test_real_relays(slack: FakeSlack, place: Town, world: SmallWorld, tmp_path: Path) -> None:
    """Each relay has its own result: one finds no problem, one is denied by its policy, one has been killed."""
    slack.team.scopes |= {"channels:read"}
    rules = tmp_path / "access.yaml"
    rules.write_text(json.dumps({"rules": [{"relays": "local"}, {"label": "site=berlin"}]}))
    given = {"LINEMAN_ACCESS": str(rules), "PYTHONPATH": str(ROOT)}
    bot = Bot(slack, "socket", tmp_path, Path(world.network()), given)
    async with serving(bot):
        await slack.command("/diagnose 31009 javascript from acme-hq and local", slack.user("ada"))
        message = await bot.verdict()
        assert message.text.startswith("No problem found at 2 relays"), message.text
        await slack.mention("same from berlin, acme-hq", slack.user("grace"), thread=message.ts)
        second = await slack.records.until(lambda: _ended(bot, 1), 20, "the second verdict")
        assert "berlin was not used before: Could not test" in second.text, second.text
        await slack.records.until(lambda: "berlin refuses" in str(message.blocks), 5, "the reason")
        relay = place.running[1]
        await asyncio.to_thread(place.stop, relay)
        await slack.say("from acme-hq", slack.user("ada"), thread=message.ts)
        await slack.records.until(lambda: _ended(bot, 2), 20, "the third verdict")
        await slack.records.until(
            lambda: "acme-hq is not connected to the hub; last connected" in str(message.blocks), 5, "why"
        )
    done = await asyncio.to_thread(place.lineman, "relays", "show", "acme-hq")
    assert f"{slack.team.id}/{slack.user('ada').id}" in done.stdout
    assert f"{slack.team.id}/{slack.user('grace').id}" in done.stdout


def _ended(bot: Bot, number: int):  # type: ignore[no-untyped-def]  # the message or none
    ours = [one for one in bot.slack.messages() if one.bot and not is_notice(one)]
    return ours[number] if len(ours) > number and has_ended(ours[number]) else None
