"""Servers that misbehave in ways no real one can be made to."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

Talk: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp_server(talk: Talk, context: object = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Talk to each connection as *talk* says, over TLS with a *context*; gives the port on *host*."""
    conversations: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        try:
            # The probe may be gone at any moment, and the test end.
            with suppress(OSError, EOFError, asyncio.CancelledError):
                await talk(reader, writer)
        finally:
            conversations.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=context)  # type: ignore[arg-type]  # None or a context
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(conversations):
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off with a RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept and never say a word."""
    await asyncio.Event().wait()


def say(*chunks: bytes, then: str = "close", first: int = 1) -> Talk:
    """Read *first* bytes at least, send *chunks*, and then close, reset or wait."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while first and not await reader.read(65536):
            return
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        if then == "reset":
            reset(writer)
        elif then == "wait":
            await asyncio.Event().wait()

    return talk


def drip(chunk: bytes) -> Talk:
    """Send *chunk* again and again, for ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)

    return talk


@asynccontextmanager
async def full_backlog() -> AsyncIterator[int]:
    """A port whose SYNs are dropped: it listens with a backlog that is full, and never accepts."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
    try:
        yield port
    finally:
        for sock in (*fillers, listener):
            sock.close()
