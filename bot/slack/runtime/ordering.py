"""Whose turn it is: in one thread what was written first is done first, however it arrived.

Slack hands what people write to whichever connection is free, so that two messages written one after the other may
arrive in the other order. Each therefore waits a moment before its turn, in which an older one may still come.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

# Seconds: how far apart two connections may be. Nobody notices them in an answer that others read, too.
GRACE: Final = 0.15


class ThreadOrdering:
    """One line for each key; there is none where nobody stands."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._lines: dict[str, _Line] = {}
        self._number = 0

    @asynccontextmanager
    async def hold(self, key: str, stamp: str = "") -> AsyncIterator[None]:
        """Hold the turn of *key*: in the order of the stamps (Slack's timestamp of what was said), then of coming."""
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
    """One who stands in line."""

    stamp: str
    number: int
    ready: bool = field(default=False, compare=False)
    called: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class _Line:
    """Those who wait for one turn, and whoever has it."""

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self._busy = False

    def call(self) -> None:
        """Call the first in line, unless somebody is having their turn or the first is not ready yet."""
        if not self._busy and self.places and self.places[0].ready:
            self._busy = True
            self.places[0].called.set()

    def leave(self, item: _Place) -> None:
        """Go, after one's turn or before it."""
        self.places.remove(item)
        heapq.heapify(self.places)
        if item.called.is_set():
            self._busy = False
        self.call()
