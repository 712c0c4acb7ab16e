"""Limit how often one link and all strangers together may ask, in fixed memory.

Pure: the caller passes the time (monotonic, seconds).
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from probes.protocol.token_bucket import TokenBucket

# Requests of one link: a check is one page with its files, one start, and one result, perhaps repeated.
_AT_ONCE: Final = 30
_PER_SECOND: Final = 1.0
# Links whose requests are counted. The least recently used one is forgotten first.
_COUNTED: Final = 5_000


@dataclass(slots=True)
class LinkLimits:
    """The token buckets of recent links, least recently used first."""

    _buckets: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict)

    def wait(self, token: str, now: float) -> float:
        """Count a request of a link. Return the seconds to wait if there were too many, else 0."""
        bucket = self._buckets.get(token) or TokenBucket.full(_AT_ONCE, _PER_SECOND, now)
        self._buckets[token] = bucket
        self._buckets.move_to_end(token)
        if len(self._buckets) > _COUNTED:
            self._buckets.popitem(last=False)
        if seconds := bucket.wait(now):
            return seconds
        bucket.take(now)
        return 0.0
