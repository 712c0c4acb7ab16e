"""The relays that may be named here: the one in this process, and those of the hub as it tells them now.

Without a hub there is the built-in relay alone. When the hub is away, its relays are known from the database.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.diagnosis.engine import Engine
from bot.errors import UsageError, quote
from bot.model.request import MAX_RELAYS, Vocabulary
from bot.relays.access_rules import RelayScope
from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.messages import RelayStatus
from bot.relays.hub.settings import HubSettings
from bot.relays.local import Relay
from bot.relays.remote import RemoteRelay
from bot.slack.runtime.concurrency import RunSlots
from bot.storage.db_writer import StoreError
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity

FRESH: Final = 1.0  # seconds for which the hub's word is believed
PATIENCE: Final = 1.0  # seconds for the hub to answer; windows open within three
AWAY: Final = 10.0  # seconds until a hub that did not answer is asked again
NO_HUB: Final = "no hub is running here"


class SlackRelayDirectory:
    """Every relay by name. Ask `fresh` first, where it matters that the list is of now."""

    def __init__(self, engine: Engine, enrolment: RelayRegistry, hub: HubSettings, local: RunSlots) -> None:
        self._local, self._enrolment, self._hub = engine.relay, enrolment, hub
        self._exchange = ControlSocket(Path(hub.socket))
        self._signer: Identity | None = None
        self._known: Mapping[str, RelayStatus] = {}
        self._next = 0.0  # when the hub is asked again, by the monotonic clock
        self._asking = asyncio.Lock()
        self._places = local
        self._remote, self._persons = RunSlots(hub.limits.relay_at_once), RunSlots(hub.limits.person_at_once)
        self.vocabulary: Vocabulary = engine.vocabulary

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the built-in relay's first."""
        return (self._local.name, *self._known)

    @property
    def known(self) -> tuple[RelayStatus, ...]:
        """Those of the hub, and how they were when it was last asked."""
        return tuple(self._known.values())

    @property
    def places(self) -> tuple[RelayScope, ...]:
        """The same, as the rules see them."""
        return tuple(
            RelayScope(status.name, status.labels, status.channels) for status in self._known.values()
        )

    async def fresh(self) -> None:
        """Ask the hub, unless it was asked just now; when it is away, the database tells what is known."""
        async with self._asking:
            if time.monotonic() < self._next:
                return
            known, wait = await self._ask()
            self._next = time.monotonic() + wait
            self._known = {status.name: status for status in known if status.name != self._local.name}
            if self.vocabulary.relays != self.names:
                self.vocabulary = replace(self.vocabulary, relays=self.names)

    def check(self, names: tuple[str, ...]) -> None:
        """Refuse what is no relay any more, and more of them than one diagnosis takes; `UsageError`."""
        for name in names:
            if name not in self.names:
                raise UsageError(f"There is no relay {quote(name)} any more; `/diagnose relays` lists them.")
        if len(names) > MAX_RELAYS:
            raise UsageError(
                f"One diagnosis looks from {MAX_RELAYS} relays at most, and this names {len(names)}."
            )

    def vantages(self, names: tuple[str, ...]) -> dict[str, str]:
        """Tell where each of *names* stands."""
        return {
            name: self._local.vantage if name == self._local.name else self._known[name].vantage
            for name in names
        }

    def named(self, name: str, vantage: str, who: str, what: str) -> Relay:
        """Give the relay *name* for use on behalf of *who*, for the case *what*; what it cannot do it says itself."""
        if name == self._local.name:
            return self._local
        self._signer = self._signer or self._hub.signer()
        return RemoteRelay(name, self._exchange, self._signer, vantage, who, what)

    @asynccontextmanager
    async def place(self, name: str, who: str, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a place on the relay *name*; *tell* hears how many stand in line before.

        The hub refuses what is more than its limits, for each relay and for each person; here it waits instead.
        """
        if name == self._local.name:
            async with self._places.acquire(name, tell):
                yield
        else:
            async with self._persons.acquire(who, tell), self._remote.acquire(name, tell):
                yield

    async def _ask(self) -> tuple[tuple[RelayStatus, ...], float]:
        """List the hub's relays, and for how long that holds."""
        if self._hub.socket.exists():
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._exchange.relays(), FRESH
            except (
                OSError,
                TimeoutError,
                WireError,
                KeyError,
                TypeError,
            ):  # the last two: of another version
                pass
        try:
            enrolled = await self._enrolment.all()
        except StoreError:
            return self.known, FRESH
        away = tuple(_absent(relay) for relay in enrolled if relay.key and relay.revoked is None)
        return away, AWAY if self._hub.socket.exists() else FRESH


def _absent(relay: RegisteredRelay) -> RelayStatus:
    """Tell of a relay what the database knows, while no hub does."""
    return RelayStatus(
        relay.name, relay.key or "", relay.sealing, relay.vantage, connected=False, ready=False, seen=relay.seen,
        gone=NO_HUB, version=str(relay.state.get("version", "")), labels=relay.labels, channels=relay.channels,
    )  # fmt: skip
