"""What the hub heard from relays is stored together, and not lost while the database fails."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.background import STALE
from bot.relays.hub import heard_relays
from bot.relays.hub.heard_relays import HeardRelays
from bot.storage import connect
from bot.storage.database import StoreError
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry


@pytest_asyncio.fixture
async def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RelayRegistry]:
    monkeypatch.setattr(connect, "BUSY", 20)  # ms
    opened = RelayRegistry.open(tmp_path / "lineman.db")
    for name in ("hq", "lyon"):
        await opened.invite(RegisteredRelay(name, None), time.time())
    yield opened
    await opened.close()


async def test_newest_of_each_relay(registry: RelayRegistry) -> None:
    """A relay that reports its state and leaves at once is stored with both."""
    heard = HeardRelays(registry)
    heard.note("hq", "", {"version": "1"})
    heard.note("lyon", "", {"version": "2"})
    heard.note("hq", "it left")
    await heard.store()
    hq, lyon = await registry.all()
    assert (hq.gone, hq.state, lyon.gone, lyon.state) == ("it left", {"version": "1"}, "", {"version": "2"})


async def test_what_is_not_stored_yet_counts(registry: RelayRegistry) -> None:
    """A relay that left a moment ago was connected, whether its row was read before the write or after."""
    heard = HeardRelays(registry)
    row = (await registry.all())[0]
    assert heard.newest(row) == row
    heard.note("hq", "it left", {"version": "1"})
    for _ in range(2):  # before the write, and a row that was read before it
        newest = heard.newest(row)
        assert newest.seen is not None
        assert (newest.gone, newest.state) == ("it left", {"version": "1"})
        await heard.store()
    stored = (await registry.all())[0]
    assert heard.newest(stored) == stored
    heard.note("hq", "it left again")
    found = await heard.find("hq")
    assert found is not None
    assert found.gone == "it left again"
    assert await heard.find("nowhere") is None


async def test_database_that_fails(registry: RelayRegistry, tmp_path: Path) -> None:
    """What could not be stored is stored later, unless there is something newer."""
    heard = HeardRelays(registry)
    heard.note("hq", "", {"version": "1"})
    heard.note("lyon", "it left")
    other = sqlite3.connect(tmp_path / "lineman.db")
    other.execute("BEGIN IMMEDIATE")
    storing = asyncio.create_task(heard.store_next())
    await asyncio.sleep(0)
    heard.note("hq", "it left")
    heard.note("lyon", "", {"version": "2"})
    with pytest.raises(StoreError):
        await storing
    other.close()
    await heard.store_next()
    hq, lyon = await registry.all()
    assert (hq.gone, hq.state, lyon.gone, lyon.state) == ("it left", {"version": "1"}, "", {"version": "2"})


async def test_nothing_to_store(registry: RelayRegistry) -> None:
    """The task waits until there is something."""
    heard = HeardRelays(registry)
    waiting = asyncio.create_task(heard.store_next())
    await asyncio.sleep(0)
    assert not waiting.done()
    heard.note("hq", "it left")
    await waiting
    assert [relay.gone for relay in await registry.all()] == ["it left", ""]


async def test_idle_hub(registry: RelayRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The task comes to an end without any news, long before it would count as failing."""
    assert heard_relays.IDLE < STALE / 2
    monkeypatch.setattr(heard_relays, "IDLE", 0.01)
    async with asyncio.timeout(5):
        await HeardRelays(registry).store_next()
