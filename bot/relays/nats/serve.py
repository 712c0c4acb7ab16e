"""Let a hub work together with others: everything of it that needs NATS."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.relays.hub.hub import Hub
from bot.relays.hub.nats_settings import NatsSettings
from bot.relays.nats.connection import NatsConnection
from bot.relays.nats.hub_talks import HubTalks
from bot.relays.nats.presence import HubPresence
from probes.protocol.metrics import NATS_CONNECTED
from probes.protocol.tally import Key

_RUN: Final = 16  # random bytes that tell this process from an earlier one


@asynccontextmanager
async def shared(hub: Hub, settings: NatsSettings) -> AsyncIterator[NatsConnection]:
    """Answer other processes over NATS, and announce the relays of *hub* there. It may come up later."""
    connection = NatsConnection(settings)
    talks = HubTalks(hub, connection, secrets.token_urlsafe(_RUN))
    presence = HubPresence(hub, connection)

    def gauges() -> dict[Key, float]:
        return {(NATS_CONNECTED, ""): float(connection.client is not None)}

    hub.others.state, hub.others.problem = lambda: connection.state, lambda: connection.problem
    hub.others.gauges = gauges
    async with connection.used(), presence.serving(), talks.serving():
        yield connection
