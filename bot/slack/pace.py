"""At most one change a second for each message: Slack asks for it, and nobody reads faster."""

import asyncio
import time
from collections import OrderedDict
from typing import Final, TypeAlias

PACE: Final = 1.0  # seconds between two changes of one message
REMEMBERED: Final = 10_000  # messages; older ones were changed long ago

Place: TypeAlias = tuple[str, str]  # channel, timestamp


class Pace:
    """When each message was changed last."""

    def __init__(self) -> None:
        self._due: OrderedDict[Place, float] = OrderedDict()
        self._begun = time.monotonic()  # what a former process changed last is not known

    def left(self, channel: str, ts: str) -> float:
        """Seconds until the message may be changed."""
        return max(0.0, self._due.get((channel, ts), self._begun + PACE) - time.monotonic())

    async def wait(self, channel: str, ts: str) -> None:
        """Wait for it, and take the turn; several who wait come one by one."""
        if left := self.left(channel, ts):
            await asyncio.sleep(left)
            await self.wait(channel, ts)  # somebody may have been faster
        else:
            self.changed(channel, ts)

    def changed(self, channel: str, ts: str, alone: float = 0.0) -> None:
        """Note a change now; Slack may want to be left *alone* for some seconds more."""
        self._due[channel, ts] = time.monotonic() + PACE + alone
        self._due.move_to_end((channel, ts))
        while len(self._due) > REMEMBERED:
            self._due.popitem(last=False)
