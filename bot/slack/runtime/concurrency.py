"""How many diagnoses run at once on one relay; the others wait in line and are told how many are before them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

# Where in line one is told again: whoever is far behind need not hear of every step, and a line of n hears n times.
TOLD_AT: Final = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100, 200, 500)


class RunSlots:
    """Places on the relays, first come, first served."""

    def __init__(self, each: int) -> None:
        self.each = each
        self._busy: defaultdict[str, int] = defaultdict(int)
        self._line: defaultdict[str, list[_Waiting]] = defaultdict(list)

    @asynccontextmanager
    async def acquire(self, relay: str, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a place on *relay*; while there is none, *tell* hears now and then how many stand in line before."""
        if self._busy[relay] < self.each:
            self._busy[relay] += 1
        else:
            await self._wait(relay, tell)
        try:
            yield
        finally:
            self._give(relay)

    def busy(self, relay: str) -> int:
        """Count the places that are taken on *relay*."""
        return self._busy[relay]

    async def _wait(self, relay: str, tell: Callable[[int], None]) -> None:
        """Stand in line until a place is handed over."""
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
            else:  # it was our turn already
                self._give(relay)
            raise

    def _give(self, relay: str) -> None:
        """Hand the place to the first in line, or leave it empty."""
        line = self._line[relay]
        if line:
            line.pop(0).turn.set()
            _tell(line, 0)
        else:
            self._busy[relay] -= 1


class _Waiting:
    """One who stands in line."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self.tell = tell
        self.turn = asyncio.Event()


def _tell(line: list[_Waiting], first: int) -> None:
    """Tell whoever has come to one of the places worth telling, from *first* on."""
    for place in TOLD_AT:
        if first <= place < len(line):
            line[place].tell(place)
