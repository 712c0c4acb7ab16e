"""Faults of the service itself, and what differs in how it is set up. Pure."""

from tests.lab.faults import fault
from tests.lab.world import World


@fault
def turn_offered(world: World, transports: list[str] | None = None) -> None:
    """No fault: the ICE servers of the network file offer TURN over these transports only, by default UDP."""
    world.network["offered"] = " ".join(transports or ["udp"])
