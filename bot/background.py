"""Work that repeats for as long as a process lives, such as watching the database.

No error of storage or network ends it: it is logged once a minute and tried again, each time a little later.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from bot.logs import LogThrottle
from probes.protocol.metrics import TASK_FAILURES
from probes.protocol.tally import TALLY

STALE: Final = 30.0  # seconds without a success after which a task counts as failing
FIRST_PAUSE: Final = 0.5  # seconds after the first failure; each further pause is twice as long
LONGEST_PAUSE: Final = 4.0  # seconds: what failed is repeated this soon after its cause has gone


class PeriodicTask:
    """One piece of *work*, done every *seconds*; a longer pause than `LONGEST_PAUSE` follows a success only."""

    def __init__(
        self, name: str, work: Callable[[], Awaitable[object]], seconds: float, *, at_once: bool = False
    ) -> None:
        self.name, self._at_once = name, at_once
        self._work, self._seconds = work, seconds
        self._throttle = LogThrottle(logging.getLogger(__name__))
        self._failing_since: float | None = None
        self._working_since: float | None = None

    @property
    def problem(self) -> str:
        """Why it counts as failing, as a sentence; "" while it succeeds, or has failed for less than `STALE`."""
        now = time.monotonic()
        if self._failing_since is not None and (seconds := now - self._failing_since) > STALE:
            return f"{self.name} has failed for {seconds:.0f} s"
        if self._working_since is not None and (seconds := now - self._working_since) > STALE:
            return f"{self.name} has not finished in {seconds:.0f} s"
        return ""

    async def run(self) -> None:
        """Repeat the work until canceled. Exceptions of the work are logged, never raised."""
        failures = 0
        if not self._at_once:
            await asyncio.sleep(self._seconds)
        while True:
            self._working_since = time.monotonic()
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
                failures += 1
                TALLY.count(TASK_FAILURES, self.name)
                self._failing_since = self._failing_since or time.monotonic()
                self._throttle.warn(
                    f"{self.name} failed and will be retried: {type(error).__name__}: {error}", self.name
                )
            else:
                failures, self._failing_since = 0, None
            self._working_since = None
            await asyncio.sleep(self._pause(failures))

    def _pause(self, failures: int) -> float:
        return (
            min(self._seconds, LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))
            if failures
            else self._seconds
        )
