"""Post to a channel without delay until Slack returns a 429, then one post per second in order.

Slack allows one post per second and channel, with short bursts
(https://docs.slack.dev/reference/methods/chat.postMessage).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.slack.api.client import BUSY, SlackError

T = TypeVar("T")

APART: Final = 1.0  # seconds between two posts
TRIES: Final = 10  # each after the pause that Retry-After asks for


class ChannelQueue:
    """The rate-limited channels of one workspace."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}
        self._wanted: Counter[str] = Counter()

    async def send(self, channel: str, post: Callable[[], Awaitable[T]]) -> T:
        """Await *post*; after a rate limit, queue it and retry. Raises `SlackError`."""
        if channel not in self._free_at:
            try:
                return await post()
            except SlackError as refused:
                self._hold(channel, refused)
        self._wanted[channel] += 1
        try:
            async with self._locks.setdefault(channel, asyncio.Lock()):  # FIFO
                return await self._in_turn(channel, post)
        finally:
            self._wanted[channel] -= 1
            if not self._wanted[channel]:
                for stored in (self._wanted, self._locks, self._free_at):
                    stored.pop(channel, None)

    async def _in_turn(self, channel: str, post: Callable[[], Awaitable[T]]) -> T:
        """Post when the channel's pause has ended; retry up to `TRIES` times."""
        loop = asyncio.get_running_loop()
        for _ in range(TRIES - 1):
            await asyncio.sleep(self._free_at[channel] - loop.time())
            try:
                answer = await post()
            except SlackError as refused:
                self._hold(channel, refused)
            else:
                self._free_at[channel] = loop.time() + APART
                return answer
        return await post()

    def _hold(self, channel: str, refused: SlackError) -> None:
        """Record until when *channel* is rate limited; re-raise any other error."""
        if refused.word not in BUSY:
            raise refused
        wait = asyncio.get_running_loop().time() + max(refused.wait, APART)
        self._free_at[channel] = max(wait, self._free_at.get(channel, 0.0))
