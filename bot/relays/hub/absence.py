"""Why a plan cannot be sent to a relay, as part of a sentence."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.relays.hub.other_hubs import OtherHubs
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry

FindRelay: TypeAlias = Callable[
    [str], Awaitable[RegisteredRelay | None]
]  # by name; None if it does not exist


async def why_absent(name: str, find: FindRelay, others: OtherHubs) -> str:
    """Return where the relay is instead, or since when and why it is offline."""
    if place := others.place(name):
        return f"{name} is connected to the hub {place.hub}; set LINEMAN_NATS to reach it from here"
    relay = await find(name)
    if relay is None:
        return f"relay {name} does not exist"
    if because := why_unusable(relay):
        return f"{name} {because}"
    if relay.seen is None:
        return f"{name} has never connected to the hub"
    ago = spoken_ago(time.time() - relay.seen)
    return f"{name} is not connected to the hub; last connected {ago} ago ({relay.gone or 'the hub stopped'})"


async def why_not_again(name: str, registry: RelayRegistry) -> str:
    """Return why a plan must not be sent to a relay that is connected here."""
    relay = await registry.find(name)
    if relay and relay.revoked is not None:
        return f"{name} {why_unusable(relay)}"
    return "this plan was sent before, and each plan runs only once"


def why_unusable(relay: RegisteredRelay) -> str:
    """Return why no hub can reach *relay*, as what follows its name; "" if it only has to connect."""
    if relay.revoked is not None:
        return "has been revoked"
    return "" if relay.key else "is invited, but its host has not joined yet"


def spoken_ago(seconds: float) -> str:
    """Format an elapsed time roughly: 40 s, 5 min, 3 h, 2 days."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (size < 86_400 and seconds >= size):
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
