"""A relay that is not known: the answer says whether the hub runs, answers, or cannot read its database."""

import asyncio
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
