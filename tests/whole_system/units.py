"""Start a process again when it has ended, as systemd does, and remember why it ended."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

PAUSE: Final = 2.0  # seconds until an ended process is started again
LOOK: Final = 0.1  # seconds between two looks whether it runs


@dataclass
class Unit:
    """One service."""

    name: str
    launch: Callable[[], Awaitable[object]]
    code: Callable[[], int | None]  # its exit code; None while it runs
    signal: Callable[[], object]  # kill -9
    log: Callable[[], str]
    kills: int = 0
    ends: list[tuple[int, str]] = field(
        default_factory=list
    )  # those that no kill caused: code, end of the log

    def kill(self) -> None:
        """End it without a word."""
        self.kills += 1
        self.signal()

    async def keep(self) -> None:
        """Start it whenever it does not run, until canceled."""
        killed = self.kills
        while True:
            await asyncio.sleep(LOOK)
            if (code := self.code()) is None:
                continue
            if self.kills == killed:
                self.ends.append((code, self.log()[-2000:]))
            killed = self.kills
            await asyncio.sleep(PAUSE)
            await self.launch()
