"""Database and socket paths from the environment. Imports little, because every diagnosis needs the socket path."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

DATABASE: Final = "LINEMAN_DATABASE"
SOCKET: Final = "LINEMAN_HUB_SOCKET"


def database_of(environment: Mapping[str, str]) -> Path:
    """Return the path of the database; other files are next to it unless set."""
    return Path(environment.get(DATABASE, "").strip() or "lineman.db")


def socket_of(environment: Mapping[str, str]) -> Path:
    """Return the path of the hub's control socket."""
    given = environment.get(SOCKET, "").strip()
    return Path(given) if given else database_of(environment).with_name("lineman-hub.sock")
