"""Tell loss of packets from chance.

Pure.
"""

import math
from typing import Final

# A shorter call or test says nothing about a loss of a few percent. It is also what a relay sends at first.
LEAST: Final = 50  # packets
_NORMAL: Final = 1.96  # standard deviations: a 95 % interval


def is_beyond_chance(lost: float, packets: float, limit: float) -> bool:
    """Tell whether *lost* of *packets* show that more than *limit*, a rate, is lost."""
    return packets > 0 and lower_bound(lost, packets) > limit


def lower_bound(lost: float, packets: float) -> float:
    """Return the lower end of the Wilson interval of the loss rate."""
    rate, z2 = lost / packets, _NORMAL**2
    spread = _NORMAL * math.sqrt(rate * (1 - rate) / packets + z2 / (4 * packets**2))
    return (rate + z2 / (2 * packets) - spread) / (1 + z2 / packets)
