"""Faults of a slow or uneven line: every packet towards the relay is held back. Pure."""

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
