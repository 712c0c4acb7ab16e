"""Token bucket: how much may go at once, and how fast it comes back.

It is here because relay, hub and bot all limit by it, and `probes.protocol` is the one package that all of them may
import. Like everything here it is a value: pure, with no clock of its own. The caller passes *now*, in seconds of any
clock, always the same one. Two numbers, `left` and `at`, are the whole state, so that it can be stored and restored.
"""

from dataclasses import dataclass
from typing import Final, Self

# A millionth of a token is rounding: ten times a tenth of a token must make one.
_ROUNDING: Final = 1e-6


@dataclass(slots=True)
class TokenBucket:
    """At most *capacity* tokens, of which *rate* come back each second."""

    capacity: float
    rate: float  # tokens a second, above 0
    left: float  # tokens at the time `at`
    at: float  # seconds

    @classmethod
    def full(cls, capacity: float, rate: float, now: float) -> Self:
        """Make a bucket from which nothing has been taken."""
        return cls(capacity, rate, capacity, now)

    def take(self, now: float) -> bool:
        """Take one token; False, and nothing taken, when there is none."""
        if self.wait(now) > 0:
            return False
        self.left -= 1
        return True

    def wait(self, now: float) -> float:
        """Seconds until one token can be taken; 0 when it can be taken now."""
        self._fill(now)
        return max(0.0, (1 - _ROUNDING - self.left) / self.rate)

    def is_full(self, now: float) -> bool:
        """Whether it is as good as new."""
        self._fill(now)
        return self.left >= self.capacity

    def _fill(self, now: float) -> None:
        """Add what has come back; a clock that goes backward gives nothing and takes nothing."""
        gained = max(0.0, now - self.at) * self.rate
        self.left = min(self.capacity, self.left + gained)
        self.at = max(self.at, now)
