"""Send and receive the messages of one relay over its WebSocket. A relay that does not read cannot block the hub."""

import asyncio
import time
from asyncio import Transport
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar, cast

from aiohttp import WSMsgType, web

from bot.relays.hub.rejections import SENTENCES, RejectedError
from probes.protocol.json_fields import WireError
from probes.protocol.message_codec import read, write
from probes.protocol.messages import RelayMessage
from probes.protocol.token_bucket import TokenBucket

M = TypeVar("M")

# Unsent bytes, and seconds that one message waits to be sent, from which a relay counts as one that does not read.
BACKLOG: Final = 1_000_000
UNREAD: Final = 20.0
SMALL: Final = 16_000  # characters of ASCII that asyncio takes without waiting, if nothing waits before them
CLOSING: Final = 2.0

# Frames per relay: a plan has about sixty observations, and four plans may run at once.
FRAMES_A_SECOND: Final = 200.0
FRAMES_AT_ONCE: Final = 2_000.0


@dataclass(slots=True, eq=False)
class RelayStream:
    """Messages over one WebSocket, one per frame."""

    socket: web.WebSocketResponse
    transport: Transport
    _frames: TokenBucket = field(
        default_factory=lambda: TokenBucket.full(FRAMES_AT_ONCE, FRAMES_A_SECOND, time.monotonic())
    )

    @property
    def is_clear(self) -> bool:
        """Whether everything was sent."""
        return self.transport.get_write_buffer_size() == 0

    async def say(self, message: RelayMessage) -> None:
        """Send *message*; a relay that does not read is disconnected after `UNREAD` seconds.

        A closed connection is ignored here; missing replies are detected elsewhere.
        """
        text = write(message)
        try:
            if self.is_clear and len(text) <= SMALL:
                await self.socket.send_str(text)  # does not wait; a timeout would cost more than the rest
                return
            if self.transport.get_write_buffer_size() > BACKLOG:
                self.abort()
            async with asyncio.timeout(UNREAD):
                await self.socket.send_str(text)
        except TimeoutError:
            self.abort()
        except (ConnectionError, RuntimeError):
            return

    async def close(self, message: RelayMessage | None = None) -> None:
        """Close the connection, after *message* if there is one: within `CLOSING` seconds in any case."""
        try:
            async with asyncio.timeout(CLOSING):
                if message:
                    await self.say(message)
                await self.socket.close()
        except TimeoutError:
            self.abort()

    async def hear(self) -> RelayMessage | None:
        """Read the next message; None at the end, `RejectedError` for an invalid one."""
        frame = await self.socket.receive()
        if frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
            return None
        if frame.type is not WSMsgType.TEXT:
            raise RejectedError("malformed", 60.0)
        if not self._frames.take(time.monotonic()):
            raise RejectedError("malformed", 60.0, "the relay sent too much")
        try:
            return read(cast(str, frame.data), "relay")
        except WireError as error:
            raise RejectedError("malformed", 60.0, f"{SENTENCES['malformed']}: {error}"[:900]) from None

    async def expect(self, kind: type[M]) -> M:
        """Read a message that must be a *kind*."""
        message = await self.hear()
        if message is None:
            raise ConnectionResetError
        if not isinstance(message, kind):
            raise RejectedError("malformed", 60.0)
        return message

    async def cut(self, message: RelayMessage) -> None:
        """Send *message* if it can be sent within `CLOSING` seconds, and close the connection without an answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self.say(message)
        self.abort()

    def abort(self) -> None:
        """Close the connection without a message."""
        self.transport.abort()
