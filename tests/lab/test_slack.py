"""Ten faults of the lab, asked for in Slack over each transport: the bot runs on the relay, so does the fake Slack."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge.loading.load import load_knowledge
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.lab import scenarios
from tests.lab.lab import Lab
from tests.lab.slack_inside import slack_inside
from tests.lab.world import World
from tests.slack.bot import Bot, serving

pytestmark = [pytest.mark.root, pytest.mark.lab]
FAULTS = (
    "dns-dead",
    "edge-mismatch",
    "insights-blocked-drop",
    "media-udp-blocked",
    "media-udp-one-way",
    "registration-blocked-drop",
    "signaling-blocked-drop",
    "tls-intercepted-unknown",
    "turn-blocked",
    "websocket-strip",
)
CAUSES = load_knowledge().causes


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that the relay's user may enter and write to."""
    made = Path(tempfile.mkdtemp(prefix="lm_slack_"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


@pytest_asyncio.fixture
async def slack(lab: Lab) -> AsyncIterator[FakeSlack]:
    """A fake Slack on the relay's loopback."""
    async with slack_inside(lab, "relay") as slack:
        yield slack


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_ten_faults(lab: Lab, slack: FakeSlack, folder: Path, transport: str) -> None:
    """One after the other, each verdict in Slack names exactly what is broken, and long ones show progress."""
    first = lab.put(World())
    wrong, live = [], 0
    async with serving(Bot(slack, transport, folder, first.network_file, {}, first.command)) as bot:
        for name in FAULTS:
            scenario = scenarios.load(name)
            with lab.scenario(scenario) as situation:
                assert situation.network_file == first.network_file
                message = await ask(bot, scenario)
            told = message.text.partition("For the customer")[0]
            found = {one.id for one in CAUSES.values() if one.title in told}
            live += len(message.history) > 1
            if found != set(scenario.found):
                wrong.append(f"{name}: {message.text}")
    assert not wrong, "\n".join(wrong)
    assert live  # a diagnosis of less than a second comes without


async def ask(bot: Bot, scenario: scenarios.Scenario) -> Message:
    """Type the command for *scenario* in a channel of its own, and wait for the verdict."""
    slack = bot.slack
    channel = slack.add_channel(scenario.name)
    words = [f"{key}={value}" if key != "platform" else value for key, value in scenario.options.items()]
    command = await slack.command(" ".join(["/diagnose 31009", *words]), slack.user("ada"), channel)
    assert command.acked
    return await bot.verdict(await slack.records.until(lambda: next(iter(slack.messages(channel)), None)))
