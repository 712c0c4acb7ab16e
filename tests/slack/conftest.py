"""A fake Slack for each test; a broken rule of Slack's fails it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fake_slack.slack import FakeSlack
from tests.slack.bot import Bot, serving
from tests.slack.world import closed_world


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """Serve until the test is over; then nothing may have been sent that Slack would refuse."""
    async with FakeSlack().serving() as slack:
        yield slack
    slack.judge()
    assert slack.records.violations == []


@pytest_asyncio.fixture
async def lawless() -> AsyncIterator[FakeSlack]:
    """The same for tests that break rules on purpose."""
    async with FakeSlack().serving() as slack:
        yield slack


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    """Each of the two ways Slack and the app talk."""
    return str(request.param)


@pytest_asyncio.fixture
async def bot(slack: FakeSlack, transport: str, tmp_path: Path) -> AsyncIterator[Bot]:
    """The bot, served over each transport, in a network where every port is closed."""
    async with serving(Bot(slack, transport, tmp_path, closed_world(tmp_path))) as bot:
        yield bot
