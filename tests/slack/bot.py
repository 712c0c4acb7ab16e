"""`lineman serve` as a process of its own, pointed at the fake Slack."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.slack.world import HOST, free_port

LINEMAN: Final = str(Path(sys.executable).with_name("lineman"))
START_LIMIT: Final = 20.0  # seconds
STOP_LIMIT: Final = 30.0
# As many diagnoses as anybody likes; who tests the limits sets them.
OPEN: Final = {"LINEMAN_RATE_USER": "100000/60", "LINEMAN_RATE_WORKSPACE": "100000/60"}
# As many changes of messages as the machine makes, where Slack's limits per minute are not what is tested.
UNPACED: Final = {"LINEMAN_EDITS": "1000000/60"}
FINAL: Final = "lm_again"  # the button below everything that has ended


@dataclass
class Bot:
    """One installation: its files stay when the process goes."""

    slack: FakeSlack
    transport: str
    folder: Path
    network: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Callable[[list[str]], list[str]] = lambda words: [
        "env",
        "-i",
        *words,
    ]  # what has to stand before the words, to run it elsewhere
    start_limit: float = START_LIMIT  # seconds
    process: asyncio.subprocess.Process | None = None
    begun: int = 0  # characters of the log before this process

    @property
    def database(self) -> Path:
        return self.folder / "lineman.db"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def start(self) -> None:
        """Start it, and wait until it is there."""
        await self.launch()
        await self.slack.records.until(self._is_there, self.start_limit, "lineman serve to be there")

    async def launch(self) -> None:
        """Start it."""
        port = free_port()
        settings = dict(self.slack.environment)
        if self.transport == "http":
            del settings["SLACK_APP_TOKEN"]
            self.slack.request_url = f"http://{HOST}:{port}/slack/events"
        settings |= {"PORT": str(port), "HOST": HOST, "LINEMAN_DATABASE": str(self.database)}
        settings |= OPEN | {
            "LINEMAN_NETWORK": str(self.network),
            "LINEMAN_VANTAGE": "user-network",
            "PATH": os.environ["PATH"],
            **self.environment,
        }
        path = self.folder / "log"
        self.begun = len(self.log) if path.exists() else 0
        with path.open("ab") as log:
            words = self.command(
                ["env", *(f"{name}={value}" for name, value in settings.items()), LINEMAN, "serve"]
            )
            self.process = await asyncio.create_subprocess_exec(*words, stdout=log, stderr=log)

    async def stop(self) -> int:
        """End it as a platform does; gives its exit code."""
        assert self.process
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_LIMIT):
            return await self.process.wait()

    async def kill(self) -> None:
        """End it without a word."""
        assert self.process
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def verdict(self, message: Message | None = None, seconds: float = 20) -> Message:
        """Wait until *message*, or the only top-level one, has ended."""

        def ended() -> Message | None:
            found = (
                [message]
                if message
                else [one for one in self.slack.messages() if one.bot and one.root == one.ts]
            )
            return found[0] if len(found) == 1 and has_ended(found[0]) else None

        got = await self.slack.records.until(ended, seconds, "a verdict")
        assert isinstance(got, Message)
        return got

    def _is_there(self) -> bool:
        assert self.process
        if self.process.returncode is not None:
            raise AssertionError(f"lineman serve has ended:\n{self.log}")
        heard = "Listening on" if self.transport == "http" else "Connected."
        return heard in self.log[self.begun :].rpartition("Connected to Slack")[2]


def has_ended(message: Message) -> bool:
    """Whether a diagnosis has come to its end there: a verdict, or a word that there is none."""
    return FINAL in message.actions()


def is_notice(message: Message) -> bool:
    """Whether *message* follows a verdict: it asks the open question, or mentions the person after a long run."""
    return str((message.metadata or {}).get("event_payload", {}).get("key", "")).startswith("end of ")


@asynccontextmanager
async def serving(bot: Bot) -> AsyncIterator[Bot]:
    """Run it until the block is left; afterwards it must have ended well and logged no error."""
    await bot.start()
    try:
        yield bot
        await bot.slack.deliveries.drain()
        bot.slack.may_be_down = True  # it hears of its own messages to the last
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log, bot.log[-4000:]
    finally:
        await bot.kill()
