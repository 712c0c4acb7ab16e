"""Token bucket: a rate limit with a burst.

It is here because relay, hub, and bot all use it, and `probes.protocol` is the one package that all of them may
import. Pure: the caller passes *now*, in seconds of any clock, always the same clock. Two numbers, `left` and `at`,
are the whole state, so that it can be stored and restored.
"""

from dataclasses import dataclass
from typing import Final, Self

# A millionth of a token is rounding: ten times a tenth of a token must be one token.
_ROUNDING: Final = 1e-6


@dataclass(slots=True)
class TokenBucket:
    """At most *capacity* tokens, refilled at *rate* per second."""

    capacity: float
    rate: float  # tokens per second, above 0
    left: float  # tokens at the time `at`
    at: float  # seconds

    @classmethod
    def full(cls, capacity: float, rate: float, now: float) -> Self:
        """Make a full bucket."""
        return cls(capacity, rate, capacity, now)

    def take(self, now: float) -> bool:
        """Take one token; return False and take nothing when there is none."""
        if self.wait(now) > 0:
            return False
        self.left -= 1
        return True

    def wait(self, now: float) -> float:
        """Return the seconds until one token can be taken; 0 when it can be taken now."""
        self._fill(now)
        return max(0.0, (1 - _ROUNDING - self.left) / self.rate)

    def is_full(self, now: float) -> bool:
        """Whether the bucket is full again."""
        self._fill(now)
        return self.left >= self.capacity

    def _fill(self, now: float) -> None:
        """Add the tokens refilled since `at`; a clock that goes backward changes nothing."""
        gained = max(0.0, now - self.at) * self.rate
        self.left = min(self.capacity, self.left + gained)
        self.at = max(self.at, now)
