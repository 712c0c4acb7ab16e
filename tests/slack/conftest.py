"""A fake Slack for each test; a broken rule of Slack's fails it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fakes import FakeSlack


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """Serve until the test is over; then nothing may have been sent that Slack would refuse."""
    async with FakeSlack().serving() as slack:
        yield slack
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
