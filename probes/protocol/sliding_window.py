"""Sliding window: count the events of the last *period* seconds.

It is here for the same reason as `token_bucket`: relay, hub, and bot all use it. Pure: the caller passes *now*, in
seconds of any clock. A limit per hour by a window holds for every span of one hour. A token bucket lets up to twice
its capacity through in one period.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf


@dataclass(slots=True)
class SlidingWindow:
    """The events of the last *period* seconds. An event counts until it is *period* old."""

    period: float  # seconds
    _times: deque[float] = field(default_factory=deque)  # oldest first

    def add(self, now: float) -> None:
        """Count one event."""
        self._times.append(now)

    def count(self, now: float) -> int:
        """Count the events of the last *period* seconds."""
        while self._times and self._times[0] + self.period <= now:
            self._times.popleft()
        return len(self._times)

    def free_at(self, most: int, now: float) -> float:
        """Return when one more event stays within *most*: *now*, a later time, or inf when *most* is below 1."""
        over = self.count(now) - most
        if over < 0:
            return now
        return self._times[over] + self.period if most > 0 else inf
