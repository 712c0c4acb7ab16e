"""Faults of the packet size: paths that lose long packets, and paths that are narrow and say so. Pure."""

from typing import Final

from tests.lab import addresses as at
from tests.lab.faults import fault
from tests.lab.world import World

_HEADERS: Final = 40  # bytes of IP and TCP


@fault
def long_packets(
    world: World,
    longest: int = 1300,
    way: str = "both",
    what: str = "",
    where: str = "fw",
    clamped: bool = False,
) -> None:
    """IP packets longer than this are dropped, out, in or both, of UDP or TCP or all; the MSS may be clamped to fit."""
    if clamped:
        world.add_forward(f"tcp flags syn tcp option maxseg size set {longest - _HEADERS}", where)
    protocol = f"meta l4proto {what} " if what else ""
    inside, outside = (at.RELAY, at.RELAY) if where == "fw" else (at.WAN, at.WAN)
    ends = {"out": f"ip saddr {inside}", "in": f"ip daddr {outside}"}
    for end in ends.values() if way == "both" else (ends[way],):
        world.add_forward(f"{end} {protocol}ip length > {longest} drop", where)


@fault
def narrow_link(world: World, mtu: int = 1400, icmp: bool = True, clamped: bool = False) -> None:
    """The link behind the firewall passes no longer packets; routers say so by ICMP, or the MSS is clamped to fit."""
    world.link_mtu = mtu
    if clamped:
        world.add_forward(f"tcp flags syn tcp option maxseg size set {mtu - _HEADERS}")
    if not icmp:
        for router in ("fw", "r1"):
            world.add_outgoing("icmp type destination-unreachable icmp code frag-needed drop", router)
