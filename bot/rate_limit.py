"""Limit how many diagnoses a user and a workspace may start, and how many calls they may look up, with token buckets.

Pure: the caller passes the time (monotonic, seconds).
"""

from dataclasses import dataclass, field
from typing import Final

from probes.protocol.token_bucket import TokenBucket

# What a setting read by `parse_limit` must be.
LIMIT_FORM: Final = "a count and a time in seconds, such as 10/600 for ten in 600 seconds"

# Number of buckets above which full ones are deleted.
CROWD: Final = 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    """*count* at once, and as many again in each *period* seconds."""

    count: int
    period: float

    def __str__(self) -> str:
        """Write the limit as part of a sentence."""
        return self.of("")

    def of(self, noun: str) -> str:
        """Write the limit with what it counts, as in 10 calls in 10 minutes; *noun* is in the singular."""
        counted = f" {noun}{'s' if self.count != 1 else ''}" if noun else ""
        return f"{self.count}{counted} in {spoken(self.period)}"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits of one user and one workspace. One run takes seconds and a few hundred packets."""

    user: Limit = Limit(10, 600)
    workspace: Limit = Limit(120, 600)


@dataclass(slots=True)
class RequestLimiter:
    """The token buckets of recent users and workspaces. *verb* and *noun* say what is limited."""

    limits: RateLimits = field(default_factory=RateLimits)
    verb: str = "start"
    noun: str = ""
    _buckets: dict[tuple[str, str], TokenBucket] = field(default_factory=dict, repr=False)

    def refuse(self, team: str, user: str, now: float) -> str | None:
        """Count a start at *now*. If it exceeds a limit, count nothing and return a sentence with the waiting time."""
        if len(self._buckets) > CROWD:
            self._forget(now)
        mine = self._bucket((team, user), self.limits.user, now)
        ours = self._bucket((team, ""), self.limits.workspace, now)
        waits = (mine.wait(now), ours.wait(now))
        if max(waits) > 0:
            who, limit = (
                ("You", self.limits.user)
                if waits[0] >= waits[1]
                else ("This workspace", self.limits.workspace)
            )
            wait = spoken(max(waits))
            return f"{who} may {self.verb} {limit.of(self.noun)}; the next one is possible in {wait}."
        mine.take(now)
        ours.take(now)
        return None

    def _bucket(self, key: tuple[str, str], limit: Limit, now: float) -> TokenBucket:
        """Return the bucket of *key*, or a new, full one."""
        rate = limit.count / limit.period
        return self._buckets.setdefault(key, TokenBucket.full(limit.count, rate, now))

    def _forget(self, now: float) -> None:
        """Delete the buckets that are full by now. A new bucket is equal to a full one."""
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.is_full(now)}


def spoken(seconds: float) -> str:
    """Write a duration in words, rounded up: 1 second, 40 seconds, 5 minutes, 2 hours."""
    whole = max(1, -int(-seconds // 1))
    for size, name in ((3600, "hour"), (60, "minute")):
        if whole > 1.5 * size or whole == size:
            count = -(-whole // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{whole} second{'s' if whole > 1 else ''}"


def parse_limit(text: str) -> Limit:
    """Parse a limit such as 10/600, for ten in 600 seconds; ValueError for any other form."""
    count, _, period = text.partition("/")
    for number in (count, period):
        if not (number.isascii() and number.isdecimal() and len(number) <= 7 and 0 < int(number) <= 10**6):
            raise ValueError("not a limit")
    return Limit(int(count), float(period))
