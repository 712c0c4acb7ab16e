"""Gateways that grant the upgrade and then behave in one way each: the service's own faults and habits.

They end the WebSocket, or are slow, or refuse strangers. A fault redirects to them.
"""

import asyncio
import contextlib
import ssl
from functools import partial
from typing import Final

from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, TextMessage

from tests.lab import addresses as at
from tests.lab import endings

SLOW: Final = 2.5  # seconds until the upgrade; the SDK waits five for the open WebSocket
LATE: Final = 0.7  # seconds until a pong
BUSY, STRANGER = 1013, 4401  # try again later, and a code of the service's own


async def serve(manner: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Talk to one client in that *manner*."""
    with contextlib.suppress(OSError, ssl.SSLError, EOFError):
        await _talk(manner, reader, writer)
    with contextlib.suppress(OSError, ssl.SSLError):
        writer.close()


async def _talk(manner: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b"upgrade: websocket" not in head.lower():
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    await asyncio.sleep({"slow": SLOW, "hangs": 3600}.get(manner, 0))
    handshake = WSConnection(ConnectionType.SERVER)
    handshake.receive_data(head)
    list(handshake.events())
    writer.write(handshake.send(AcceptConnection()))
    await writer.drain()
    frames = Connection(ConnectionType.SERVER)
    if manner == "busy":
        writer.write(frames.send(CloseConnection(BUSY, "try again later")))
        return
    moment, _, how = manner.partition("-") if manner in at.ENDINGS else ("", "", "")
    if endings.is_now(moment, None):
        await endings.end(how, writer)
        return
    while chunk := await reader.read(65536):
        frames.receive_data(chunk)
        for event in frames.events():
            if endings.is_now(moment, event):
                await endings.end(how, writer)
                return
            writer.write(await _reply(manner, frames, event))


async def _reply(manner: str, frames: Connection, event: Event) -> bytes:
    match event:
        case Ping() if manner != "no-pong":
            await asyncio.sleep(LATE if manner == "late" else 0)
            return frames.send(event.response())
        case TextMessage() if manner == "stranger":
            return frames.send(CloseConnection(STRANGER, "not signed in"))
        case CloseConnection():
            return frames.send(event.response())
    return b""


async def listen(context: ssl.SSLContext) -> None:
    """Open a port for each manner."""
    for manner, port in at.GATEWAYS.items():
        await asyncio.start_server(partial(serve, manner), "0.0.0.0", port, ssl=context)
