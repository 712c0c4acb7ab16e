"""What a hub knows of the others: which relays are connected there. Empty without NATS."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Final

from msgspec import Meta, Struct

from probes.protocol.json_codec import load
from probes.protocol.json_fields import WireError, read_json
from probes.protocol.tally import Key

LEASE: Final = 10.0  # seconds without a heartbeat after which another hub counts as gone


class RelayPlace(Struct, frozen=True):
    """One relay's connection to one hub, as that hub has announced it. Unknown fields are ignored."""

    hub: Annotated[str, Meta(max_length=40)]
    since: float  # seconds since the epoch
    version: Annotated[str, Meta(max_length=80)] = ""
    ready: bool = False
    trouble: Annotated[str, Meta(max_length=1_000)] = ""  # why it takes no plans
    over: int = 0  # the announcement of another hub that this one replaces, after the relay answered here


class RelayMovedError(ConnectionError):
    """The relay is connected to another hub now."""


class OtherHubs:
    """The other hubs, and the relays that are connected to them."""

    def __init__(self) -> None:
        self.state: Callable[[], str] = lambda: ""  # of the connection to NATS; "" if it is not used
        self.gauges: Callable[[], dict[Key, float]] = dict
        self.problem: Callable[[], str] = lambda: ""  # once it has failed for a while
        self._places: dict[str, RelayPlace] = {}
        self._doubted: set[str] = set()
        self._heard: dict[str, float] = {}  # event loop time by hub

    def heard(self, hub: str) -> None:
        """Note another hub's heartbeat."""
        self._heard[hub] = asyncio.get_running_loop().time()

    def gone(self, hub: str) -> None:
        """Note that another hub has stopped."""
        self._heard.pop(hub, None)

    def put(self, name: str, place: RelayPlace | None) -> None:
        """Note where a relay is connected; None if it is not."""
        self._doubted.discard(name)
        if place is None:
            self._places.pop(name, None)
        else:
            self._places[name] = place

    def doubt(self) -> None:
        """Forget the relays that are not announced again within `LEASE`. Until then, a hub that lost one says so."""
        self._doubted = doubted = set(self._places)
        asyncio.get_running_loop().call_later(LEASE, self._drop, doubted)

    def _drop(self, doubted: set[str]) -> None:
        if doubted is self._doubted:
            for name in doubted:
                self._places.pop(name, None)

    def place(self, name: str) -> RelayPlace | None:
        """Return where a relay is connected, if that hub is alive."""
        place = self._places.get(name)
        return place if place and self._is_alive(place.hub) else None

    @property
    def hubs(self) -> tuple[str, ...]:
        """The names of the hubs that are alive."""
        return tuple(sorted(hub for hub in self._heard if self._is_alive(hub)))

    def _is_alive(self, hub: str) -> bool:
        return asyncio.get_running_loop().time() - self._heard.get(hub, -LEASE) < LEASE


def read_place(text: bytes | None) -> RelayPlace | None:
    """Read an announcement; None if there is none, or it is not valid."""
    if not text:
        return None
    try:
        return read_json(load(text), RelayPlace, "place")
    except WireError:
        return None
