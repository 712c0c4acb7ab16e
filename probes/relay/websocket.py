"""Send and receive text messages over an upgraded WebSocket connection: wsproto with size limits."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Final

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Event, Message, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

_CHUNK: Final = 65_536
_FAREWELL: Final = 1.0  # seconds that the peer has to close, too
# Frames per message, including pings: a server that sends more keeps us busy without a message.
_PIECES: Final = 1_000


class FrameError(ValueError):
    """The peer violates RFC 6455 or sends too much; the message is part of a sentence."""


class WebSocket:
    """Client side of one WebSocket connection. Requests no extensions, so a frame of one is an error."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, most: int) -> None:
        self._reader, self._writer, self._most = reader, writer, most
        self._connection = Connection(ConnectionType.CLIENT)
        self._pieces: list[str] = []  # parts of an incomplete message
        self._size = 0  # their size in bytes
        self._count = 0  # frames since the last complete message
        self._is_closed = False

    async def send(self, text: str) -> None:
        """Send *text* as one message; raises OSError if the connection is gone."""
        await self._write(TextMessage(text))

    async def receive(self) -> str | None:
        """The next message; None after the peer has closed properly.

        Raises FrameError for anything else than a message, EOFError and OSError for a broken connection. If
        cancelled in the middle of a message, the next call continues there.
        """
        while True:
            event = next(self._connection.events(), None)
            if event is None:
                received = await self._reader.read(_CHUNK)
                if not received:
                    raise EOFError
                self._connection.receive_data(received)
                continue
            if isinstance(event, CloseConnection):
                # wsproto reports unreadable bytes with the same event, but closes nothing.
                if self._connection.state is ConnectionState.OPEN:
                    raise FrameError(f"not a WebSocket frame ({event.reason})")
                return None
            if (text := await self._take(event)) is not None:
                return text

    async def close(self) -> None:
        """Send a close frame, wait briefly for the peer's, and disconnect."""
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self._write(CloseConnection(CloseReason.NORMAL_CLOSURE))
                while await self._reader.read(_CHUNK):
                    pass
        self._writer.transport.abort()

    async def _take(self, event: Event) -> str | None:
        """Count *event*; return the message that it completes."""
        # A frame that arrives in several reads is several events, and is counted once.
        self._count += event.frame_finished if isinstance(event, Message) else 1
        if self._count > _PIECES:
            raise FrameError("a message in too many pieces")
        if isinstance(event, Ping):
            await self._write(event.response())
        if not isinstance(event, TextMessage):
            if isinstance(event, Message):
                raise FrameError("a message that is not text")
            return None
        self._pieces.append(event.data)
        self._size += len(event.data.encode())
        if self._size > self._most:
            raise FrameError("a message that is too long")
        if not event.message_finished:
            return None
        whole, self._pieces, self._size, self._count = "".join(self._pieces), [], 0, 0
        return whole

    async def _write(self, event: Event) -> None:
        try:
            self._writer.write(self._connection.send(event))
        except LocalProtocolError as error:  # one side has closed
            raise BrokenPipeError from error
        await self._writer.drain()
