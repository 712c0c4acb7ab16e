"""Faults of a bad line: packets lost at random, each way or one way. Pure."""

from typing import Final

from tests.lab import addresses as at
from tests.lab.faults import fault
from tests.lab.world import World

_WAYS: Final = {"out": ("saddr",), "in": ("daddr",), "both": ("saddr", "daddr")}


@fault
def loss(world: World, percent: int = 5, way: str = "both") -> None:
    """Packets of the relay are lost at random: this many percent on the way out, on the way in, or on each (both)."""
    for side in _WAYS[way]:
        world.add_forward(f"ip {side} {at.RELAY} numgen random mod 100 < {percent} drop")
