"""The status of one relay, from its session, from another hub's announcement, or from the database."""

import time

from bot.relays.hub.messages import RelayStatus
from bot.relays.hub.other_hubs import OtherHubs
from bot.relays.hub.session import RelaySession
from bot.storage.relay_registry import RegisteredRelay


def status_here(relay: RegisteredRelay, session: RelaySession, running: int) -> RelayStatus:
    """Describe a relay that is connected to this hub and has *running* plans."""
    return RelayStatus(
        relay.name,
        session.key,
        session.sealing,
        relay.vantage,
        connected=True,
        ready=session.takes_plans,
        seen=time.time(),
        gone=session.trouble(),
        version=session.version,
        round_trip_ms=None if session.round_trip is None else round(session.round_trip * 1000, 2),
        offset_s=None if session.offset is None else round(session.offset, 3),
        running=running,
        checks=dict(session.ready.checks) if session.ready else None,
        probes=session.probes,
        labels=relay.labels,
        channels=relay.channels,
    )


def status_elsewhere(relay: RegisteredRelay, others: OtherHubs) -> RelayStatus:
    """Describe a relay that is connected to one of the *others*, or not at all."""
    place = others.place(relay.name)
    version = place.version if place else str(relay.state.get("version", ""))
    return RelayStatus(
        relay.name,
        relay.key or "",
        relay.sealing,
        relay.vantage,
        connected=place is not None,
        ready=place is not None and place.ready,
        seen=time.time() if place else relay.seen,
        gone=place.trouble if place else relay.gone,
        version=version,
        labels=relay.labels,
        channels=relay.channels,
    )
