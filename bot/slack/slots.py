"""How many diagnoses run at once on one relay; the others wait in line and are told how many are before them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Slots:
    """Places on the relays, first come, first served."""

    def __init__(self, each: int) -> None:
        self.each = each
        self._busy: defaultdict[str, int] = defaultdict(int)
        self._line: defaultdict[str, list[_Waiting]] = defaultdict(list)

    @asynccontextmanager
    async def take(self, relay: str, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a place on *relay*; while there is none, *tell* hears how many stand in line before."""
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
        mine = _Waiting(tell)
        line = self._line[relay]
        line.append(mine)
        tell(len(line) - 1)
        try:
            await mine.turn.wait()
        except asyncio.CancelledError:
            if mine in line:
                line.remove(mine)
                _tell_all(line)
            else:  # it was our turn already
                self._give(relay)
            raise

    def _give(self, relay: str) -> None:
        """Hand the place to the first in line, or leave it empty."""
        line = self._line[relay]
        if line:
            line.pop(0).turn.set()
            _tell_all(line)
        else:
            self._busy[relay] -= 1


class _Waiting:
    """One who stands in line."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self.tell = tell
        self.turn = asyncio.Event()


def _tell_all(line: "list[_Waiting]") -> None:
    for before, one in enumerate(line):
        one.tell(before)
