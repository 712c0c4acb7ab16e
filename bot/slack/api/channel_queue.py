"""Posts into one channel: as they come while Slack takes them; once it refuses one, in line, a second apart.

Slack takes one post a second in a channel and forgives short bursts
(https://docs.slack.dev/reference/methods/chat.postMessage).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.slack.api.client import BUSY, SlackError

T = TypeVar("T")

APART: Final = 1.0  # seconds
TRIES: Final = 10  # at Retry-After's own pace


class ChannelQueue:
    """The channels of one workspace where Slack has asked for patience."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}
        self._wanted: Counter[str] = Counter()

    async def send(self, channel: str, post: Callable[[], Awaitable[T]]) -> T:
        """Await *post*, again and in its turn where Slack says that it is too much; raises `SlackError`."""
        if channel not in self._free_at:
            try:
                return await post()
            except SlackError as refused:
                self._hold(channel, refused)
        self._wanted[channel] += 1
        try:
            async with self._locks.setdefault(channel, asyncio.Lock()):  # first come, first served
                return await self._in_turn(channel, post)
        finally:
            self._wanted[channel] -= 1
            if not self._wanted[channel]:
                for stored in (self._wanted, self._locks, self._free_at):
                    stored.pop(channel, None)

    async def _in_turn(self, channel: str, post: Callable[[], Awaitable[T]]) -> T:
        """Post as soon as the channel is free again."""
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
        """Note how long Slack wants no post in *channel*; any other refusal is raised."""
        if refused.word not in BUSY:
            raise refused
        wait = asyncio.get_running_loop().time() + max(refused.wait, APART)
        self._free_at[channel] = max(wait, self._free_at.get(channel, 0.0))
