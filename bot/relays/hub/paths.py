"""Database and socket paths from the environment. Imports little, because every diagnosis needs the socket path."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.settings import SettingsReader

DATABASE: Final = "LINEMAN_DATABASE"
SOCKET: Final = "LINEMAN_HUB_SOCKET"

DEFAULT_DATABASE: Final = "lineman.db"


def database_of(environment: Mapping[str, str]) -> Path:
    """Return the path of the database; other files are next to it unless set."""
    return SettingsReader(environment).path(DATABASE, DEFAULT_DATABASE)


def socket_of(environment: Mapping[str, str]) -> Path:
    """Return the path of the hub's control socket."""
    beside = database_of(environment).with_name("lineman-hub.sock")
    return SettingsReader(environment).path(SOCKET, beside)
