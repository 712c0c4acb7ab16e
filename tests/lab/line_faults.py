"""Faults of a slow or uneven line: every packet towards the relay is held back. Pure."""

from tests.lab import addresses as at
from tests.lab.faults import fault
from tests.lab.world import World


@fault
def far(world: World, ms: float = 400) -> None:
    """Every round trip to the service takes this many milliseconds more."""
    world.line["ms"] = ms


@fault
def uneven(world: World, jitter_ms: float = 100) -> None:
    """Packets are held back at random and overtake one another: consecutive round trips differ by this on average."""
    world.line["spread_ms"] = 3 * jitter_ms  # two even numbers from 0 to 3 differ by 1 on average


@fault
def late_packet(world: World, ms: float = 300, number: int = 30) -> None:
    """One of the STUN server's answers comes late; the line is good otherwise."""
    world.line["late_ms"], world.line["late_number"] = ms, number


@fault
def stun_limited(world: World, per_second: int = 40, servers: int = 1) -> None:
    """The STUN server answers only so many binding requests a second; nothing else is lost."""
    for address in at.TURN_ADDRESSES[:servers]:
        answers = f"ip saddr {address} udp sport 3478 @th,64,16 0x0101"
        world.add_forward(f"{answers} limit rate over {per_second}/second burst 5 packets drop", "r2")


@fault
def uplink(world: World, mbit: int = 4, buffer_ms: int = 800, fills: bool = True) -> None:
    """The line out is slow, with a buffer for this many milliseconds; the network file allows to fill it, or not."""
    world.uplink = f"rate {mbit}mbit burst 6kb latency {buffer_ms}ms"
    if fills:
        world.network["fill"] = "yes"
