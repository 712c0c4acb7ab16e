"""The relays that may be named here: the one in this process, and those that a hub knows.

Without a hub there is the built-in relay alone. When the hub is away, the database can tell which relays there are.
"""

import asyncio
import getpass
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.messages import RelayStatus
from bot.relays.hub.settings import HubSettings, read_hub_settings
from bot.relays.local import LocalRelay, Relay
from bot.relays.remote import RemoteRelay
from bot.storage.db_writer import StoreError
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity

PATIENCE: Final = 1.0  # seconds for the hub to answer; Slack's windows open within three
AWAY: Final = 10.0  # seconds until a hub that did not answer is asked again
NO_HUB: Final = "no hub is running here"


class RelayDirectory:
    """Every relay by name. What the hub says counts for *fresh_for* seconds: by default, for good."""

    def __init__(
        self,
        local: Relay,
        hub: HubSettings,
        registry: RelayRegistry | None = None,
        fresh_for: float = math.inf,
    ) -> None:
        self.local, self._hub, self._registry, self._fresh_for = local, hub, registry, fresh_for
        self._exchange = ControlSocket(Path(hub.socket))
        self._signer: Identity | None = None
        self._known: Mapping[str, RelayStatus] = {}
        self._next = 0.0  # when the hub is asked again, by the monotonic clock
        self._asking = asyncio.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the built-in relay's first."""
        return (self.local.name, *self._known)

    @property
    def known(self) -> tuple[RelayStatus, ...]:
        """The relays of the hub, and how they were when it was last asked."""
        return tuple(self._known.values())

    async def fresh(self) -> None:
        """Ask the hub, unless its last answer still counts; when it is away, ask the database."""
        async with self._asking:
            if time.monotonic() < self._next:
                return
            known, wait = await self._ask()
            self._next = time.monotonic() + wait
            self._known = {status.name: status for status in known if status.name != self.local.name}

    def vantage(self, name: str) -> str:
        """Say where the relay *name* is: in the user's network, or outside as a reference."""
        return self.local.vantage if name == self.local.name else self._known[name].vantage

    def named(self, name: str, who: str = "", what: str = "", vantage: str = "") -> Relay:
        """Give the relay *name* for use on behalf of *who*, for the case *what*.

        KeyError unless it is known, or its *vantage* is given: then it says itself what it cannot do.
        """
        if name == self.local.name:
            return self.local
        vantage = vantage or self.vantage(name)
        self._signer = self._signer or self._hub.signer()
        return RemoteRelay(name, self._exchange, self._signer, vantage, who or user(), what)

    async def _ask(self) -> tuple[tuple[RelayStatus, ...], float]:
        """List the hub's relays, and for how many seconds that counts."""
        is_hub_there = self._hub.socket.exists()
        if is_hub_there:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._exchange.relays(), self._fresh_for
            except (OSError, TimeoutError, WireError, KeyError, TypeError):
                pass  # KeyError and TypeError: a hub of another version
        try:
            registered = await self._registry.all() if self._registry else ()
        except StoreError:
            return self.known, self._fresh_for
        away = tuple(_absent(relay) for relay in registered if relay.key and relay.revoked is None)
        return away, AWAY if is_hub_there else self._fresh_for


def open_directory(environment: Mapping[str, str], local: LocalRelay) -> RelayDirectory:
    """Ask the hub that *environment* names for its relays, once."""
    directory = RelayDirectory(local, read_hub_settings(environment))
    asyncio.run(directory.fresh())
    return directory


def user() -> str:
    """Name the person at this terminal, for the audit log."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"


def _absent(relay: RegisteredRelay) -> RelayStatus:
    """Describe a relay by what the database knows, while no hub runs."""
    return RelayStatus(
        relay.name, relay.key or "", relay.sealing, relay.vantage, connected=False, ready=False, seen=relay.seen,
        gone=NO_HUB, version=str(relay.state.get("version", "")), labels=relay.labels, channels=relay.channels,
    )  # fmt: skip
