"""Where the hub keeps its files, as the environment says. Quick to import: every diagnosis asks for the socket."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

DATABASE: Final = "LINEMAN_DATABASE"
SOCKET: Final = "LINEMAN_HUB_SOCKET"


def database_of(environment: Mapping[str, str]) -> Path:
    """The database; what else is not set stands beside it."""
    return Path(environment.get(DATABASE, "").strip() or "lineman.db")


def socket_of(environment: Mapping[str, str]) -> Path:
    """The hub's control socket."""
    given = environment.get(SOCKET, "").strip()
    return Path(given) if given else database_of(environment).with_name("lineman-hub.sock")
