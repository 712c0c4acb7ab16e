"""Texts to and from a WebSocket server, over a connection that is upgraded already: wsproto with a limit."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Final

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Event, Message, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

_CHUNK: Final = 65_536
_FAREWELL: Final = 1.0  # seconds that the other side has to close, too
# Frames of one message, pings among them: a server that sends more keeps us busy and says nothing.
_PIECES: Final = 1_000


class FrameError(ValueError):
    """The other side does not keep to RFC 6455, or says more than it may; the message is part of a sentence."""


class WebSocket:
    """The client's side of one connection. No extension is ever asked for, so that a frame of one is an error."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, most: int) -> None:
        self._reader, self._writer, self._most = reader, writer, most
        self._connection = Connection(ConnectionType.CLIENT)
        self._pieces: list[str] = []  # of a message that is not whole yet
        self._size = 0  # their bytes
        self._count = 0  # frames since the last whole message
        self._is_closed = False

    async def send(self, text: str) -> None:
        """Send *text* as one message; OSError when nobody is there any more."""
        await self._write(TextMessage(text))

    async def receive(self) -> str | None:
        """The next message; None when the other side has closed in due form.

        Raises FrameError for what is no message, EOFError and OSError for a broken connection. Cancelled in the
        middle of a message it goes on there when called again.
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
                # wsproto tells of what it cannot read in the same way, but closes nothing.
                if self._connection.state is ConnectionState.OPEN:
                    raise FrameError(f"no frame of a WebSocket ({event.reason})")
                return None
            if (text := await self._take(event)) is not None:
                return text

    async def close(self) -> None:
        """Say so, give the other side a moment to say it too, and hang up."""
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
        """Count *event*; gives the message that it ends."""
        # A frame that comes in several reads is an event for each, and is counted once.
        self._count += event.frame_finished if isinstance(event, Message) else 1
        if self._count > _PIECES:
            raise FrameError("a message in more pieces than anybody needs")
        if isinstance(event, Ping):
            await self._write(event.response())
        if not isinstance(event, TextMessage):
            if isinstance(event, Message):
                raise FrameError("a message that is no text")
            return None
        self._pieces.append(event.data)
        self._size += len(event.data.encode())
        if self._size > self._most:
            raise FrameError("more than a message may hold")
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
