"""Limit concurrent diagnoses per relay; the others wait in a FIFO queue and are notified of their position."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

# Queue positions that are reported: far back, single steps do not matter, and each advance notifies at most these.
TOLD_AT: Final = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100, 200, 500)


class RunSlots:
    """Slots on each relay, first come, first served."""

    def __init__(self, each: int) -> None:
        self.each = each
        self._busy: defaultdict[str, int] = defaultdict(int)
        self._line: defaultdict[str, list[_Waiting]] = defaultdict(list)

    @asynccontextmanager
    async def acquire(self, relay: str, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a slot on *relay*; while waiting, call *tell* with the number of runs ahead at `TOLD_AT` positions."""
        if self._busy[relay] < self.each:
            self._busy[relay] += 1
        else:
            await self._wait(relay, tell)
        try:
            yield
        finally:
            self._give(relay)

    def busy(self, relay: str) -> int:
        """Return how many slots are in use on *relay*."""
        return self._busy[relay]

    @property
    def waiting(self) -> int:
        """The number of runs that wait, over all relays."""
        return sum(len(line) for line in self._line.values())

    async def _wait(self, relay: str, tell: Callable[[int], None]) -> None:
        """Wait in the queue until a slot is passed on."""
        line, mine = self._line[relay], _Waiting(tell)
        line.append(mine)
        tell(len(line) - 1)
        try:
            await mine.turn.wait()
        except asyncio.CancelledError:
            if mine in line:
                behind = line.index(mine)
                del line[behind]
                _tell(line, behind)
            else:  # the slot was already passed to us
                self._give(relay)
            raise

    def _give(self, relay: str) -> None:
        """Pass the slot to the first in the queue, or free it."""
        line = self._line[relay]
        if line:
            line.pop(0).turn.set()
            _tell(line, 0)
        else:
            self._busy[relay] -= 1


class _Waiting:
    """A run waiting for a slot."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self.tell = tell
        self.turn = asyncio.Event()


def _tell(line: list[_Waiting], first: int) -> None:
    """Notify the runs at the `TOLD_AT` positions, from position *first* on."""
    for place in TOLD_AT:
        if first <= place < len(line):
            line[place].tell(place)
