"""Tell random loss from a drop: bounds of a loss rate, and how many failed attempts it cannot explain.

Pure: no network, no clock. Every rate here is of the *round trip*, from 0 to 1: an attempt is lost when the packet or
its answer is lost. At 5 % each way that is 9.75 %.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

# The chance that loss alone explains every failed attempt must be below this before anything is called dropped.
CHANCE: Final = 1e-6
_STEPS: Final = 40  # halvings: exact to 1e-12


@dataclass(slots=True)
class LossMeter:
    """What the checks of one plan learned about the loss of its line, packet by packet."""

    sent: int = 0
    lost: int = 0

    def record(self, answered: bool) -> None:
        """Count one packet, once its answer came or can no longer come."""
        self.sent += 1
        self.lost += not answered

    def take_back(self) -> None:
        """Forget one lost packet: its answer came after all."""
        self.sent -= 1
        self.lost -= 1

    def replace(self, other: "LossMeter") -> None:
        """Count what *other* counted instead: what was lost here was not lost by the line."""
        self.sent, self.lost = other.sent, other.lost

    def upper(self) -> float:
        """The loss is below this, with 99 % confidence; 1 if nothing was measured."""
        return upper_bound(self.lost, self.sent)

    def lower(self) -> float:
        """The loss is above this, with 95 % confidence; 0 if nothing was measured."""
        return lower_bound(self.lost, self.sent)


def upper_of(controls: LossMeter, meter: LossMeter) -> float:
    """The upper bound of the loss, from *controls* and the plan's *meter* together, and from each that lost packets.

    A meter without any answer says nothing about the line: its own packets may be blocked.
    """
    if meter.sent == meter.lost:
        return controls.upper()
    together = LossMeter(controls.sent + meter.sent, controls.lost + meter.lost)
    if controls.sent == controls.lost:
        return meter.upper()
    apart = [part.upper() for part in (controls, meter) if part.lost]
    return max(together.upper(), *apart) if apart else together.upper()


def interval_of(controls: LossMeter, meter: LossMeter) -> tuple[float, float]:
    """The bounds of the loss to report: the lower one from all packets, the upper one that decides."""
    usable = [part for part in (controls, meter) if part.sent > part.lost]
    together = LossMeter(sum(part.sent for part in usable), sum(part.lost for part in usable))
    return together.lower(), upper_of(controls, meter)


def upper_bound(lost: int, sent: int, confidence: float = 0.99) -> float:
    """The one-sided Clopper-Pearson upper bound of the loss rate: so few losses would be rare on a worse line."""
    if lost >= sent:
        return 1.0
    tail = _lower_tail(lost, sent)
    return _last(lambda rate: tail(rate) >= 1 - confidence)


def lower_bound(lost: int, sent: int, confidence: float = 0.95) -> float:
    """The one-sided Clopper-Pearson lower bound of the loss rate: so many losses would be rare on a better line."""
    if lost <= 0:
        return 0.0
    tail = _lower_tail(lost - 1, sent)
    return _last(lambda rate: 1 - tail(rate) <= 1 - confidence)


def attempts_needed(loss: float, chance: float = CHANCE) -> int:
    """How many attempts must all fail so that *loss* explains it with a probability below *chance*.

    Give the upper bound of the round-trip loss, never its estimate.
    6 at the bound of 50 packets without loss, 4 at that of 150; sys.maxsize if everything may be lost.
    """
    if loss >= 1:
        return sys.maxsize
    if loss <= 0:
        return 1
    return max(1, math.ceil(math.log(chance) / math.log(loss)))


def _last(holds: Callable[[float], bool]) -> float:
    """The largest rate for which *holds*, which is true from 0 up to there."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high


def _lower_tail(lost: int, sent: int) -> Callable[[float], float]:
    """The probability of at most *lost* losses among *sent* packets, by the loss rate: a tail of the binomial."""
    ways = [
        math.lgamma(sent + 1) - math.lgamma(count + 1) - math.lgamma(sent - count + 1)
        for count in range(lost + 1)
    ]

    def tail(rate: float) -> float:
        odds, none = math.log(rate) - math.log1p(-rate), sent * math.log1p(-rate)
        return math.fsum(math.exp(way + none + count * odds) for count, way in enumerate(ways))

    return tail
