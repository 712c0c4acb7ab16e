"""List the relays by name: the one in this process, and those of a hub.

Without a hub, there is only the built-in relay. If the hub is offline, the relays come from the database.
"""

import asyncio
import getpass
import math
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

from bot.relays.hub.absence import why_unusable
from bot.relays.hub.messages import RelayStatus
from bot.relays.hub.remote_hub import HubTroubleError, RemoteHub
from bot.relays.hub.settings import HubSettings, read_hub_settings
from bot.relays.local import LocalRelay, Relay
from bot.relays.open_hub import open_hub
from bot.relays.remote import RemoteRelay
from bot.storage.database import StoreError
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity
from probes.protocol.tally import Key

PATIENCE: Final = 1.0  # seconds for the hub to reply; Slack's modals must open within three
AWAY: Final = 10.0  # seconds until a hub that did not reply is asked again
# Why the list of relays may be short, for somebody who names a relay that is not on it.
TROUBLE: Final = "The hub cannot list its relays now: {}. Try again soon."
NOT_JOINED: Final = (
    "A relay can be used once its host has joined. `lineman relays list` also shows invited ones."
)


class RelayDirectory:
    """All relays by name. The hub's list is used for *fresh_for* seconds; by default, forever.

    Plans go by *plans*, by default the way that the list comes. Where they run in another thread, give another one.
    """

    def __init__(
        self,
        local: Relay,
        hub: HubSettings,
        registry: RelayRegistry | None = None,
        fresh_for: float = math.inf,
        plans: RemoteHub | None = None,
    ) -> None:
        self.local, self._hub, self._registry, self._fresh_for = local, hub, registry, fresh_for
        self._exchange = open_hub(hub)
        self._plans = plans or self._exchange
        self._signer: Identity | None = None
        self._known: Mapping[str, RelayStatus] = {}
        self._next = 0.0  # monotonic time when the hub is asked again
        self._asking = asyncio.Lock()
        self.note = self._exchange.note  # for a name that is not known
        self.unusable: Mapping[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, with the built-in relay first."""
        return (self.local.name, *self._known)

    @property
    def known(self) -> tuple[RelayStatus, ...]:
        """The relays of the hub, with their state when it was last asked."""
        return tuple(self._known.values())

    async def fresh(self) -> None:
        """Ask the hub unless its last list is still fresh. If the hub is offline, ask the database."""
        async with self._asking:
            if time.monotonic() < self._next:
                return
            known, wait = await self._ask()
            self._next = time.monotonic() + wait
            self._known = {status.name: status for status in known if status.name != self.local.name}

    def used(self) -> AbstractAsyncContextManager[None]:
        """Stay connected with the hubs for the block, if they are reached over NATS."""
        return self._exchange.used()

    def gauges(self) -> dict[Key, float]:
        """Return what the metrics show of the way to the hubs."""
        return self._exchange.gauges()

    def vantage(self, name: str) -> str:
        """Return where the relay *name* is: in the user's network, or outside as a reference."""
        return self.local.vantage if name == self.local.name else self._known[name].vantage

    def named(self, name: str, who: str = "", what: str = "", vantage: str = "") -> Relay:
        """Return the relay *name* for use by *who* for the case *what*.

        KeyError for an unknown name without a *vantage*. With one, the relay itself reports why it cannot
        run.
        """
        if name == self.local.name:
            return self.local
        vantage = vantage or self.vantage(name)
        self._signer = self._signer or self._hub.signer()
        return RemoteRelay(name, self._plans, self._signer, vantage, who or user(), what)

    async def _ask(self) -> tuple[tuple[RelayStatus, ...], float]:
        """Return the hub's relays, and for how many seconds the list is fresh."""
        is_hub_there = self._exchange.may_answer
        self.note = self._exchange.unanswered
        if is_hub_there:
            try:
                async with asyncio.timeout(PATIENCE):
                    relays = await self._exchange.relays()
                self.note, self.unusable = NOT_JOINED, self._exchange.unusable
                return relays, self._fresh_for
            except HubTroubleError as error:
                self.note = TROUBLE.format(error)
            except (OSError, TimeoutError, WireError, KeyError, TypeError):
                pass  # KeyError and TypeError: a hub of another version
        try:
            registered = await self._registry.all() if self._registry else ()
        except StoreError:
            return self.known, self._fresh_for
        self.unusable = {relay.name: because for relay in registered if (because := why_unusable(relay))}
        away = tuple(_absent(relay, self._exchange.absent) for relay in registered if not why_unusable(relay))
        return away, AWAY if is_hub_there else self._fresh_for


def open_directory(environment: Mapping[str, str], local: LocalRelay) -> RelayDirectory:
    """Ask the hub that *environment* sets for its relays, once."""
    directory = RelayDirectory(local, read_hub_settings(environment))
    asyncio.run(directory.fresh())
    return directory


def user() -> str:
    """Return the name of the user at this terminal, for the audit log."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"


def _absent(relay: RegisteredRelay, because: str) -> RelayStatus:
    """Describe a relay from the database while no hub runs."""
    return RelayStatus(
        relay.name, relay.key or "", relay.sealing, relay.vantage, connected=False, ready=False, seen=relay.seen,
        gone=because, version=str(relay.state.get("version", "")), labels=relay.labels, channels=relay.channels,
    )  # fmt: skip
