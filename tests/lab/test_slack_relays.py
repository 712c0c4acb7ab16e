"""Several relays of the lab from Slack: the bot and the fake Slack run next to the hub, on the service's side."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.hub.processes import ROOT, Town
from tests.lab import addresses as at
from tests.lab import scenarios
from tests.lab.lab import Lab
from tests.lab.slack_inside import slack_inside
from tests.lab.test_relays import INSIDE, OUTSIDE, REFERENCE, place
from tests.lab.world import World
from tests.slack.bot import Bot, serving

pytestmark = [pytest.mark.root, pytest.mark.lab]
__all__ = ["place"]  # the fixture: hub and relays


@pytest_asyncio.fixture
async def slack(lab: Lab) -> AsyncIterator[FakeSlack]:
    """A fake Slack on the loopback of the hub's host."""
    async with slack_inside(lab, "svc") as slack:
        yield slack


async def test_whose_fault_it_is(lab: Lab, place: Town, slack: FakeSlack) -> None:
    """One command asks three relays; a fault of one network and one of the service are distinguished."""
    healthy = lab.put(World())
    rules = place.folder / "access.yaml"
    rules.write_text('rules: [{relays: "*"}]')
    given = {"LINEMAN_ACCESS": str(rules), "PYTHONPATH": str(ROOT)}
    bot = Bot(slack, "socket", place.folder, Path(healthy.network_file), given, place.hub_wrap)
    async with serving(bot):
        scenario = scenarios.load("media-udp-blocked")
        with lab.scenario(scenario):
            own = await ask(bot, "one")
        assert f"only from {INSIDE}" in own.text
        assert f"the fault is in the network of {INSIDE}" in own.text
        world = World()
        world.add_forward(f"ip daddr {{ {', '.join(at.JAVASCRIPT)} }} tcp dport 443 drop", "r2")
        lab.put(world)
        common = await ask(bot, "two")
        assert "at all 3 relays" in common.text


async def ask(bot: Bot, channel: str) -> Message:
    """Type the command in a channel of its own, and wait for the verdict."""
    slack = bot.slack
    here = slack.add_channel(channel)
    line = f"/diagnose 31009 javascript from {INSIDE}, {OUTSIDE} and {REFERENCE}"
    assert (await slack.command(line, slack.user("ada"), here)).acked
    return await bot.verdict(await slack.records.until(lambda: next(iter(slack.messages(here)), None)))
