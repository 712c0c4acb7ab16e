"""Order messages within a thread by Slack's timestamp, even if they arrive out of order.

Slack sends each event over any open connection, so two messages written in quick succession may arrive in the wrong
order. Each one therefore waits `GRACE` seconds, in which an earlier one may still arrive.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

# Seconds by which two connections may differ; too short to be noticed in a reply in a thread.
GRACE: Final = 0.15


class ThreadOrdering:
    """FIFO queues by thread, created on demand and removed when empty."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._lines: dict[str, _Line] = {}
        self._number = 0

    @asynccontextmanager
    async def hold(self, key: str, stamp: str = "") -> AsyncIterator[None]:
        """Hold the turn of *key*, ordered by *stamp* (Slack's message timestamp), then by arrival."""
        self._number += 1
        line, me = self._lines.setdefault(key, _Line()), _Place(stamp, self._number)
        heapq.heappush(line.places, me)
        try:
            if stamp:
                await asyncio.sleep(self._grace)
            me.ready = True
            line.call()
            await me.called.wait()
            yield
        finally:
            line.leave(me)
            if not line.places:
                self._lines.pop(key, None)


@dataclass(order=True)
class _Place:
    """A place in the queue."""

    stamp: str
    number: int
    ready: bool = field(default=False, compare=False)
    called: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class _Line:
    """The queue of one key, and whether its turn is taken."""

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self._busy = False

    def call(self) -> None:
        """Start the first in the queue, unless the turn is taken or the first is still in its grace period."""
        if not self._busy and self.places and self.places[0].ready:
            self._busy = True
            self.places[0].called.set()

    def leave(self, item: _Place) -> None:
        """Leave the queue, after the turn or before it."""
        self.places.remove(item)
        heapq.heapify(self.places)
        if item.called.is_set():
            self._busy = False
        self.call()
