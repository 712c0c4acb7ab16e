"""Common part of the hub and the relay in tests: they record what they receive, and send what the test says."""

import asyncio
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
from aiohttp import web

from probes.protocol.message_codec import write
from probes.protocol.messages import RelayMessage

M = TypeVar("M")


@dataclass(kw_only=True)
class LineEnd:
    """One end of a connection."""

    socket: web.WebSocketResponse | aiohttp.ClientWebSocketResponse | None = None
    heard: list[RelayMessage] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, message: RelayMessage | str) -> None:
        assert self.socket
        await self.socket.send_str(message if isinstance(message, str) else write(message))

    def keep(self, message: RelayMessage) -> None:
        self.heard.append(message)
        self._news.set()

    async def until(self, kind: type[M], count: int = 1, seconds: float = 5.0) -> list[M]:
        """The messages of a *kind*, as soon as there are so many."""
        async with asyncio.timeout(seconds):
            while len(found := [one for one in self.heard if isinstance(one, kind)]) < count:
                self._news.clear()
                await self._news.wait()
        return found
