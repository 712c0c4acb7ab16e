"""The app in this process, on a fake Slack, over Socket Mode."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio

from bot.diagnosis.engine import Engine
from bot.slack.api.client import make_client
from bot.slack.api.settings import read_slack_settings
from bot.slack.api.socket_mode import SocketConnections
from bot.slack.delivery import inbox
from bot.slack.runs.recovery import resume
from bot.slack.runs.share import end_sharing, share, tell_of_tokens
from bot.slack.server.app import make_app
from bot.slack.server.server import open_context
from bot.slack.state.context import AppContext
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.fake_slack.fair_deadline import waited_for_processor
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message, User
from tests.slack.bot import is_notice

ON_SERVER = os.environ.get("LINEMAN_TEST_DATABASE") == "postgresql"
PATIENCE = 30.0  # seconds; a busy machine may take long


@dataclass
class Here:
    """The app, its Slack and its relay."""

    slack: FakeSlack
    relay: MadeUpRelay
    context: AppContext

    def user(self, name: str = "ada") -> User:
        return self.slack.user(name)

    async def until(self, true: Callable[[], object], why: str = "") -> object:
        return await self.slack.records.until(true, PATIENCE, why)

    def ours(self) -> list[Message]:
        """Our messages, without the questions after verdicts."""
        return [one for one in self.slack.messages() if one.bot and not is_notice(one)]

    def questions(self) -> list[Message]:
        """What followed verdicts in their threads: the open question, or that a long run has ended."""
        return [one for one in self.slack.messages() if one.bot and is_notice(one)]

    async def verdict(self, number: int = 0) -> Message:
        """Our message of this *number*, once it has ended."""
        await self.until(lambda: len(self.ours()) > number and "lm_again" in self.ours()[number].actions())
        return self.ours()[number]

    async def question(self, number: int = 0) -> Message:
        """What followed the verdict of this *number*."""
        await self.until(lambda: len(self.questions()) > number, "a question after the verdict")
        return self.questions()[number]

    async def reply(self, said: str) -> Message:
        """The message of ours in a thread that says so."""
        await self.until(lambda: self._replies(said), f"a reply with {said!r}")
        return self._replies(said)[-1]

    async def whisper(self, said: str) -> Message:
        await self.until(lambda: [one for one in self.slack.whispers() if said in one.text], said)
        return next(one for one in self.slack.whispers() if said in one.text)

    def _replies(self, said: str) -> list[Message]:
        return [one for one in self.ours() if one.thread_ts and said in one.text]


Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[Here]]


@asynccontextmanager
async def open_app(
    slack: FakeSlack,
    relay: MadeUpRelay,
    database: Path | str,
    desk: Engine | None = None,
    **environment: str,
) -> AsyncIterator[Here]:
    """Start the app as `lineman serve` does."""
    given = {**slack.environment, "LINEMAN_DATABASE": str(database), **environment}
    settings = read_slack_settings(given)
    async with open_context(settings, given, desk or made_up_desk(relay)) as context:
        await context.workspaces.get("")
        await context.store.pick_up()
        cut_off = await context.store.unfinished()
        app = make_app(settings, context)
        client = make_client("", context.session, settings.api_url)
        sockets = SocketConnections(app, settings.app_token, client, context.ack_priority)
        await sockets.open()
        slack.may_be_down = False
        context.tasks.start("resume", resume(context, cut_off))
        await inbox.answer_left(context)
        context.workspaces.on_change = partial(tell_of_tokens, context) if context.other_bots else None
        sharing = asyncio.create_task(share(context, context.other_bots)) if context.other_bots else None
        try:
            yield Here(slack, relay, context)
        finally:
            if sharing:
                await end_sharing(sharing)
            await context.tasks.drain(2)  # a question may follow the last verdict
            await slack.deliveries.drain()
            slack.may_be_down = True  # it hears of its own messages to the last
            await sockets.stop_reading()
            await sockets.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The database of this test: a file, or with `make postgres-tests` on a server."""
    if ON_SERVER:
        return str(request.getfixturevalue("postgres").at(tmp_path))
    return str(tmp_path / "lineman.db")


@pytest.fixture
def serving(database: str) -> Serving:
    """Start the app; the database stays from one start to the next."""
    return partial(open_app, database=database)


@pytest_asyncio.fixture
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serving() as slack:
        if ON_SERVER:
            server = request.getfixturevalue("postgres_server")
            slack.waited = lambda: waited_for_processor(server.processes())
        yield slack
    assert slack.records.violations == []


@pytest_asyncio.fixture
async def here(slack: FakeSlack, serving: Serving) -> AsyncIterator[Here]:
    async with serving(slack, MadeUpRelay()) as here:
        yield here
