"""Delay background work while a Slack request is waiting for its acknowledgment.

Slack expects an acknowledgment within 3 seconds; a verdict takes seconds anyway.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bot.slack.api.actor import ARRIVED
from probes.protocol.metrics import ACK_SECONDS
from probes.protocol.tally import TALLY

LONGEST: Final = 1.0  # seconds that work is delayed at most, so that it also starts under constant load
STEP: Final = 0.05  # seconds between two starts after that limit; all at once would delay acknowledgments


class AckPriority:
    """Count requests waiting for acknowledgment; start background work one item at a time when there are none."""

    def __init__(self) -> None:
        self._waiting = 0
        self._clear = asyncio.Event()
        self._clear.set()
        self._line = asyncio.Lock()

    @contextmanager
    def acknowledging(self, since: float | None = None) -> Iterator[None]:
        """Mark a request that came at *since* (monotonic; default now) as waiting while the context is open."""
        self._waiting += 1
        self._clear.clear()
        begun = time.monotonic() if since is None else since
        arrived = ARRIVED.set(begun)
        try:
            yield
        finally:
            ARRIVED.reset(arrived)
            TALLY.time(ACK_SECONDS, time.monotonic() - begun)
            self._waiting -= 1
            if not self._waiting:
                self._clear.set()

    async def wait_until_idle(self) -> None:
        """Wait until no acknowledgment is pending, at most `LONGEST`; then let one caller pass every `STEP` seconds."""
        ends = time.monotonic() + LONGEST
        async with self._line:
            try:
                async with asyncio.timeout(max(STEP, ends - time.monotonic())):
                    await self._clear.wait()
            except TimeoutError:
                return
