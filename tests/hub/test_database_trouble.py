"""While the database is locked or fails, relays stay connected and reads go on; a revocation arrives afterwards."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from bot.relays.hub.control_socket import ControlSocket, controlled
from bot.relays.hub.remote_hub import HubTroubleError
from bot.relays.remote import RemoteRelay
from bot.storage import connect
from bot.storage.database import StoreError
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.messages import Rejection
from tests.hub.hub_fixture import PLAN, House, house
from tests.hub.scripted_relay import Dialler, dialled

SOON = 5.0  # seconds from the database's recovery to the end of a revoked relay's connection


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as home:
        yield home


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the write lock of the database, as another process does."""
    with closing(sqlite3.connect(folder / "lineman.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


async def test_reads_do_not_wait_for_a_lock(home: House, tmp_path: Path) -> None:
    """Who holds the write lock stops nobody who reads; a write says that it could not."""
    await home.hub.registry.invite(RegisteredRelay("acme-hq", None), time.time())
    with locked(tmp_path):
        writing = asyncio.create_task(home.hub.registry.rename("acme-hq", "acme"))
        names = [relay.name for relay in await home.hub.registry.all()]
        assert names == ["acme-hq"]
        assert not writing.done()
    await writing
    assert [relay.name for relay in await home.hub.registry.all()] == ["acme"]


async def test_write_that_cannot_be_done_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "BUSY", 20)
    async with house(tmp_path) as home:
        with (
            locked(tmp_path),
            pytest.raises(StoreError, match="the database failed: another process keeps it locked"),
        ):
            await home.hub.registry.invite(RegisteredRelay("acme-hq", None), time.time())


async def test_relay_outlives_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that connects and reports its state while nothing can be written stays connected."""
    monkeypatch.setattr(connect, "BUSY", 20)
    async with house(tmp_path) as home:
        relay = await home.new("acme-hq")
        async with dialled(relay, home.url):
            await home.until(lambda: "acme-hq" in home.hub.sessions)
        with locked(tmp_path):
            async with dialled(Dialler(relay.me, home.signer.key), home.url):
                await home.until(lambda: home.hub.sessions["acme-hq"].round_trip is not None)
                assert home.hub.sessions["acme-hq"].takes_plans


async def test_plan_that_cannot_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not sent, and whoever asked reads why at once, not that the hub is gone. Afterwards plans run again."""
    monkeypatch.setattr(connect, "BUSY", 20)
    async with (
        house(tmp_path) as home,
        controlled(home.hub, tmp_path / "hub.sock"),
        dialled(await home.new("acme-hq"), home.url),
    ):
        await home.until(lambda: "acme-hq" in home.hub.sessions and home.hub.sessions["acme-hq"].takes_plans)
        remote = RemoteRelay("acme-hq", ControlSocket(tmp_path / "hub.sock"), home.signer)
        with locked(tmp_path):
            async with asyncio.timeout(5), remote.run(PLAN) as coming:
                because = {observation.facts["because"] async for observation in coming}
        assert because == {
            "the plan was not sent, because the database failed: another process keeps it locked"
        }
        assert home.hub.status().running == 0
        assert len(await home.run("acme-hq")) == len(PLAN.steps)


async def test_file_that_is_replaced(home: House, tmp_path: Path) -> None:
    """The hub says so instead of going on with a file that nobody else has, and goes on when it is back."""
    async with controlled(home.hub, tmp_path / "hub.sock"):
        ask = ControlSocket(tmp_path / "hub.sock")
        aside = (tmp_path / "lineman.db").rename(tmp_path / "aside")
        with pytest.raises(HubTroubleError, match="its file was deleted or replaced"):
            await ask.relays()
        aside.rename(tmp_path / "lineman.db")
        assert await ask.relays() == ()


async def test_revocation_after_an_outage_of_the_database(
    home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The watcher fails in several ways, goes on, and ends the connection of a relay that was revoked meanwhile."""
    failures = [
        StoreError("the database failed: disk I/O error"),
        OSError("gone"),
        sqlite3.Error("x"),
        ValueError("y"),
    ]
    reads = home.hub.registry.valid_names

    async def fails() -> dict[str, str]:
        if failures:
            raise failures.pop()
        return await reads()

    async with dialled(await home.new("acme-hq"), home.url) as relay:
        await home.until(lambda: "acme-hq" in home.hub.sessions)
        monkeypatch.setattr(home.hub.registry, "valid_names", fails)
        elsewhere = RelayRegistry.open(tmp_path / "lineman.db")
        await elsewhere.revoke("acme-hq", time.time())
        await elsewhere.close()
        await home.until(lambda: not failures)
        async with asyncio.timeout(SOON):
            (rejection,) = await relay.until(Rejection)
        assert rejection.reason == "revoked"
    assert caplog.text.count("watching for revoked relays failed and will be retried") == 1


async def test_hub_that_stops(tmp_path: Path) -> None:
    """What it heard from relays last is in the database."""
    async with house(tmp_path) as home, dialled(await home.new("acme-hq"), home.url):
        await home.until(lambda: "acme-hq" in home.hub.sessions and home.hub.sessions["acme-hq"].takes_plans)
    registry = RelayRegistry.open(tmp_path / "lineman.db")
    (relay,) = await registry.all()
    await registry.close()
    assert (relay.state["ready"], relay.gone) == (True, "the connection was closed")
