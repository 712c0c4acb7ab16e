"""Limit how often one link, and one address, may ask, in fixed memory.

Pure: the caller passes the time (monotonic, seconds).
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from bot.connection_limits import stranger_group
from probes.protocol.token_bucket import TokenBucket

# Requests of one link: a check is one page, one start, and one result, perhaps repeated.
_AT_ONCE: Final = 30
_PER_SECOND: Final = 1.0
# Requests of one address: an office shares one, and each customer needs three.
_ADDRESS_AT_ONCE: Final = 120
_ADDRESS_PER_SECOND: Final = 4.0
# Links and addresses whose requests are counted. The least recently used one is forgotten first.
_COUNTED: Final = 5_000


@dataclass(slots=True)
class RecentBuckets:
    """The token buckets of recent requests, least recently used first."""

    at_once: float
    per_second: float
    buckets: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict)

    def wait(self, name: str, now: float) -> float:
        """Count a request. Return the seconds to wait if there were too many, else 0."""
        bucket = self.buckets.get(name) or TokenBucket.full(self.at_once, self.per_second, now)
        self.buckets[name] = bucket
        self.buckets.move_to_end(name)
        if len(self.buckets) > _COUNTED:
            self.buckets.popitem(last=False)
        if seconds := bucket.wait(now):
            return seconds
        bucket.take(now)
        return 0.0


@dataclass(slots=True)
class LinkLimits:
    """The limits of one server: for each address first, so that its guesses cost no link anything."""

    links: RecentBuckets = field(default_factory=lambda: RecentBuckets(_AT_ONCE, _PER_SECOND))
    addresses: RecentBuckets = field(
        default_factory=lambda: RecentBuckets(_ADDRESS_AT_ONCE, _ADDRESS_PER_SECOND)
    )

    def wait(self, token: str, address: str, now: float) -> float:
        """Count a request of a link from *address* ("": unknown). Return the seconds to wait, or 0."""
        group = stranger_group(address)
        if group and (seconds := self.addresses.wait(group, now)):
            return seconds
        return self.links.wait(token, now)
