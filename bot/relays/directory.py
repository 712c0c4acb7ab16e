"""The relays that may be named here: the one in this process, and those that a hub knows."""

import asyncio
import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.request import LOCAL
from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.messages import HubClient, RelayStatus
from bot.relays.hub.settings import read_hub_settings
from bot.relays.local import LocalRelay, Relay
from bot.relays.remote import RemoteRelay, find_relays
from probes.protocol.keys import Identity


@dataclass(frozen=True, slots=True)
class RelayDirectory:
    """Relays by name."""

    local: LocalRelay = field(default_factory=LocalRelay)
    known: Mapping[str, RelayStatus] = field(default_factory=dict)  # of the hub, when the book was opened
    hub: HubClient | None = None
    signer: Identity | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the built-in relay's first."""
        return (self.local.name, *self.known)

    def named(self, name: str, who: str = "", what: str = "") -> Relay:
        """Give the relay *name* for use on behalf of *who*, for the case *what*; KeyError unless it is known."""
        if name == self.local.name:
            return self.local
        assert self.hub
        return RemoteRelay(name, self.hub, self.signer, self.known[name].vantage, who or user(), what)


def open_directory(environment: Mapping[str, str], local: LocalRelay) -> RelayDirectory:
    """Ask the hub that *environment* names for its relays."""
    settings = read_hub_settings(environment)
    exchange = ControlSocket(settings.socket)
    known = {status.name: status for status in asyncio.run(find_relays(exchange)) if status.name != LOCAL}
    return RelayDirectory(local, known, exchange, settings.signer() if known else None)


def user() -> str:
    """Name whoever sits at this terminal, for the audit log."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"
