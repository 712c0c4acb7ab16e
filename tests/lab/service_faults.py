"""Faults of the service itself, and what differs in how it is set up. Pure."""

from tests.lab import addresses as at
from tests.lab.faults import REJECTIONS, fault
from tests.lab.world import World


@fault
def turn_offered(world: World, transports: list[str] | None = None) -> None:
    """No fault: the ICE servers of the network file offer TURN over these transports only, by default UDP."""
    world.network["offered"] = " ".join(transports or ["udp"])


@fault
def outage(world: World, how: str = "refuse") -> None:
    """The service's own gateways are down: each refuses connections (refuse) or answers 503 (busy)."""
    gateways = f"ip daddr {{ {', '.join((*at.JAVASCRIPT, *at.MOBILE))} }} tcp dport 443"
    if how == "refuse":
        world.add_incoming(f"{gateways} {REJECTIONS['reset']}", "svc")
    else:
        world.add_redirect(f"{gateways} redirect to :{ {'busy': at.UNAVAILABLE}[how] }", "svc")


@fault
def icmp_lies(world: World) -> None:
    """No fault: a host of the LAN sends "prohibited" about all UDP, and TCP once it is open; all of it passes."""
    outside = f"ip saddr {at.RELAY} ip daddr != {at.LAN}"
    for flow in ("meta l4proto udp", "tcp flags & syn == 0"):
        world.add_forward(f'{outside} {flow} dup to {at.NEAR} device "lan"')
    world.add_redirect(f"{outside} redirect", "lan")
    world.add_incoming(f"ct status dnat {REJECTIONS['admin']}", "lan")
