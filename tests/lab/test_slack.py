"""Ten faults of the lab, asked for in Slack over each transport: the bot runs on the relay, so does the fake Slack."""

import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge.load import load_knowledge
from tests.fake_slack import Message
from tests.fakes import FakeSlack
from tests.lab import scenarios
from tests.lab.lab import Lab
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
HOST = "127.0.0.1"


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

    def listen() -> socket.socket:
        return socket.create_server((HOST, 0))

    async with FakeSlack().serving(on=lab.namespaces.inside("relay", listen)) as slack:
        slack.deliveries.make_socket = lambda info: _non_blocking(lab, info)
        yield slack
    assert slack.records.violations == []


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
            told = message.text.partition("Tell the customer")[0]
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


def _non_blocking(lab: Lab, info: tuple[int, int, int, str, object]) -> socket.socket:
    """A socket of the relay's network, as the event loop wants it."""
    made = lab.namespaces.inside("relay", lambda: socket.socket(*info[:3]))
    os.set_blocking(made.fileno(), False)
    made.setblocking(False)
    return made
