"""Who stands at the door: while somebody waits for an acknowledgement, other work begins later.

Slack's people wait for the acknowledgement first; a verdict takes seconds anyway.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bot.slack.api.actor import ARRIVED

LONGEST: Final = 1.0  # seconds that work stands back: under endless load it goes on all the same
STEP: Final = 0.05  # seconds from one to the next then: all at once they would keep everybody waiting


class AckPriority:
    """Counts those who wait, and lets work begin one by one when nobody does."""

    def __init__(self) -> None:
        self._waiting = 0
        self._clear = asyncio.Event()
        self._clear.set()
        self._line = asyncio.Lock()

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """Hold while a request is being acknowledged."""
        self._waiting += 1
        self._clear.clear()
        arrived = ARRIVED.set(time.monotonic())
        try:
            yield
        finally:
            ARRIVED.reset(arrived)
            self._waiting -= 1
            if not self._waiting:
                self._clear.set()

    async def wait_until_idle(self) -> None:
        """Wait until nobody waits, but not for long: then one begins after the other."""
        ends = time.monotonic() + LONGEST
        async with self._line:
            try:
                async with asyncio.timeout(max(STEP, ends - time.monotonic())):
                    await self._clear.wait()
            except TimeoutError:
                return
