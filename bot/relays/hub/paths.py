"""Database and socket paths from the environment. Imports little, because every diagnosis needs the socket path."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.settings import SettingsReader
from bot.storage.address import MUST_BE, DatabaseAddress, parse_database

DATABASE: Final = "LINEMAN_DATABASE"
SOCKET: Final = "LINEMAN_HUB_SOCKET"

DEFAULT_DATABASE: Final = "lineman.db"


def database_of(environment: Mapping[str, str]) -> DatabaseAddress:
    """Return the path of the database, or its address on PostgreSQL; `UsageError` for any other address."""
    get = SettingsReader(environment)
    usual: DatabaseAddress = Path(DEFAULT_DATABASE)
    address = get.parsed(DATABASE, parse_database, usual, MUST_BE)
    get.check()
    return address


def beside_database(environment: Mapping[str, str], name: str) -> Path:
    """Return the path of another file: next to the database, or where its file would be without PostgreSQL."""
    database = database_of(environment)
    return (database if isinstance(database, Path) else Path(DEFAULT_DATABASE)).with_name(name)


def socket_of(environment: Mapping[str, str]) -> Path:
    """Return the path of the hub's control socket."""
    return SettingsReader(environment).path(SOCKET, beside_database(environment, "lineman-hub.sock"))
