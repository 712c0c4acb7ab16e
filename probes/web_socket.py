"""Texts to and from a WebSocket server, over a connection that is upgraded already."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Final

from probes.frames import NORMAL, Frame, FrameError, Opcode, Unpacker, pack

_CHUNK: Final = 65_536
_FAREWELL: Final = 1.0  # seconds that the other side has to close, too
# Frames of one message, pings among them: a server that sends more keeps us busy and says nothing.
_PIECES: Final = 1_000


class WebSocket:
    """The client's side of one connection."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, most: int) -> None:
        self._reader, self._writer, self._most = reader, writer, most
        self._frames = Unpacker(most)
        self._pieces: list[bytes] = []  # of a message that is not whole yet
        self._count = 0  # frames since the last whole message
        self._is_closed = False

    async def send(self, text: str) -> None:
        """Send *text* as one message; OSError when nobody is there any more."""
        await self._write(Opcode.TEXT, text.encode())

    async def receive(self) -> str | None:
        """The next message; None when the other side has closed in due form.

        Raises FrameError for what is no message, EOFError and OSError for a broken connection. Cancelled in the
        middle of a message it goes on there when called again.
        """
        while True:
            frame = self._frames.next()
            if frame is None:
                received = await self._reader.read(_CHUNK)
                if not received:
                    raise EOFError
                self._frames.feed(received)
                continue
            if frame.opcode is Opcode.CLOSE:
                return None
            if (text := await self._take(frame)) is not None:
                return text

    async def close(self) -> None:
        """Say so, give the other side a moment to say it too, and hang up."""
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self._write(Opcode.CLOSE, NORMAL)
                while await self._reader.read(_CHUNK):
                    pass
        self._writer.transport.abort()

    async def _take(self, frame: Frame) -> str | None:
        """Count *frame*; gives the message that it ends."""
        self._count += 1
        if self._count > _PIECES:
            raise FrameError("a message in more pieces than anybody needs")
        if frame.opcode is Opcode.PING:
            await self._write(Opcode.PONG, frame.payload)
        if frame.opcode >= Opcode.CLOSE:
            return None
        if frame.opcode is Opcode.BINARY or (frame.opcode is Opcode.TEXT) is bool(self._pieces):
            raise FrameError("a message that is no text")
        self._pieces.append(frame.payload)
        if sum(map(len, self._pieces)) > self._most:
            raise FrameError("more than a message may hold")
        if not frame.last:
            return None
        whole, self._pieces, self._count = b"".join(self._pieces), [], 0
        try:
            return whole.decode()
        except UnicodeDecodeError:
            raise FrameError("a message that is no text") from None

    async def _write(self, opcode: Opcode, payload: bytes) -> None:
        self._writer.write(pack(opcode, payload))
        await self._writer.drain()
