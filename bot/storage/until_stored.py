"""Repeat a write until the database takes it, where giving up would lose an answer, or send it twice."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.logs import LogThrottle
from bot.storage.database import StoreError

T = TypeVar("T")

LONGEST: Final = 3600.0  # seconds; later, the error counts
FIRST_PAUSE: Final = 0.2  # seconds; each further pause is twice as long
LONGEST_PAUSE: Final = 1.0  # a reply that was sent and is not recorded is sent again if the process is killed

_throttle: Final = LogThrottle(logging.getLogger(__name__))


async def until_stored(write: Callable[[], Awaitable[T]], longest: float = LONGEST) -> T:
    """Await *write*, and again while the database fails, for up to *longest* seconds; then `StoreError`."""
    pause, ends = FIRST_PAUSE, time.monotonic() + longest
    while True:
        try:
            return await write()
        except StoreError as error:
            if time.monotonic() > ends:
                raise
            _throttle.warn(f"could not write to the database, and tries again: {error}", "until stored")
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
