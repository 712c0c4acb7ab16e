"""One hub per database file, unless the hubs share their relays over NATS."""

from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.relays.hub.hub_lock import only_hub
from bot.relays.hub.nats_settings import NatsSettings
from bot.relays.hub.settings import HubSettings
from bot.storage.address import parse_database


def test_second_hub(tmp_path: Path) -> None:
    """A second hub is refused, on any socket, until the first has stopped."""
    first = HubSettings(tmp_path / "lineman.db", tmp_path / "one.sock")
    second = HubSettings(tmp_path / "lineman.db", tmp_path / "two.sock")
    with only_hub(first):
        with pytest.raises(UsageError, match=r"Another hub is already using .*lineman\.db"), only_hub(second):
            pass
        with only_hub(HubSettings(tmp_path / "other.db")):
            pass
    with only_hub(second):
        pass


def test_hubs_that_may_be_several(tmp_path: Path) -> None:
    """Hubs on NATS may share a file, and a server of PostgreSQL is no file."""
    shared = HubSettings(tmp_path / "lineman.db", nats=NatsSettings(("nats://127.0.0.1:4222",), "one"))
    server = HubSettings(parse_database("postgresql:///lineman"))
    for settings in (shared, server):
        with only_hub(settings), only_hub(settings):
            pass
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The words name the file."""
    settings = HubSettings(tmp_path / "nowhere" / "lineman.db")
    with pytest.raises(UsageError, match=r"lineman\.db\.hub-lock cannot be created"), only_hub(settings):
        pass
