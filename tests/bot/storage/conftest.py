"""The databases of the store tests: each test runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.storage.address import DatabaseAddress, parse_database
from bot.storage.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseAddress:
    """A database of this test's own, with or without tables."""
    if request.param == "sqlite":
        return tmp_path / "lineman.db"
    return parse_database(request.getfixturevalue("postgres").database())


@pytest_asyncio.fixture
async def store(address: DatabaseAddress) -> AsyncIterator[Store]:
    opened = Store.open(address)
    yield opened
    await opened.close()
