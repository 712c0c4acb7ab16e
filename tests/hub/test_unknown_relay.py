"""A relay that is not known: the answer says whether the hub runs, answers, or cannot read its database."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.diagnosis.engine import load_engine
from bot.errors import UsageError
from bot.language.command_parser import parse
from bot.relays.directory import RelayDirectory
from bot.relays.hub.control_socket import controlled
from bot.relays.hub.settings import HubSettings
from bot.relays.local import LocalRelay
from bot.storage.database import StoreError
from tests.hub.hub_fixture import house
from tests.hub.scripted_relay import dialled

SOCKET = "lineman-hub.sock"


async def note(folder: Path) -> str:
    """What is said of a name that the directory does not know."""
    directory = RelayDirectory(LocalRelay(), HubSettings(folder / "lineman.db", folder / SOCKET))
    await directory.fresh()
    return directory.note


async def test_hub_that_answers(tmp_path: Path) -> None:
    """The relay has not joined, or has another name."""
    async with house(tmp_path) as here, controlled(here.hub, tmp_path / SOCKET):
        assert await note(tmp_path) == (
            "A relay can be used once its host has joined. `lineman relays list` also shows invited ones."
        )


async def test_relays_that_cannot_be_used(tmp_path: Path) -> None:
    """A relay that is revoked, and one that is only invited, each get their own words, with and without the hub."""
    local = LocalRelay()
    async with house(tmp_path) as here:
        for name in ("acme-hq", "berlin", "paris"):
            relay = await here.new(name)
            if name != "berlin":
                async with dialled(relay, here.url):
                    pass
        await here.hub.registry.revoke("paris", time.time())
        settings = HubSettings(tmp_path / "lineman.db", tmp_path / SOCKET)
        async with controlled(here.hub, tmp_path / SOCKET):
            asked = RelayDirectory(local, settings)
            await asked.fresh()
        alone = RelayDirectory(local, settings, here.hub.registry)
        await alone.fresh()
    for directory in (asked, alone):
        words = replace(load_engine(), relays=directory).vocabulary
        assert parse("31009 from acme-hq", words).relays == ("acme-hq",)
        with pytest.raises(UsageError, match=r"^“paris” has been revoked\.$"):
            parse("31009 from paris", words)
        with pytest.raises(UsageError, match=r"^“berlin” is invited, but its host has not joined yet\.$"):
            parse("31009 from berlin", words)
        with pytest.raises(UsageError, match=r"^“rome” is not a relay; known: acme-hq, local\."):
            parse("31009 from rome", words)


async def test_hub_whose_database_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's own words reach whoever asks."""

    async def fail() -> None:
        raise StoreError("the database failed: database or disk is full")

    async with house(tmp_path) as here, controlled(here.hub, tmp_path / SOCKET):
        monkeypatch.setattr(here.hub, "relays", fail)
        assert "cannot list its relays now: the database failed: database or disk is full." in await note(
            tmp_path
        )


async def test_hub_that_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that does not answer in time is not taken for one that has no relays."""
    monkeypatch.setattr("bot.relays.directory.PATIENCE", 0.05)
    over = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_unix_server(silent, tmp_path / SOCKET)
    try:
        assert "did not answer within a second" in await note(tmp_path)
    finally:
        over.set()
        server.close()


def test_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a hub, the error names the command that starts one."""
    monkeypatch.setenv("LINEMAN_DATABASE", str(tmp_path / "lineman.db"))
    monkeypatch.delenv("LINEMAN_HUB_SOCKET", raising=False)
    vocabulary = load_engine(remote=True).vocabulary
    with pytest.raises(UsageError, match=r"is not a relay.*No hub is running here"):
        parse("31009 from acme-hq", vocabulary)
