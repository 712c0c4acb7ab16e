"""How a WebSocket ends after its upgrade: when, and how. Used by the gateway, and by a device on the path."""

import asyncio
import socket
import struct
from typing import Final

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event, TextMessage

POLICY: Final = 1008
_DELAY: Final = 0.005  # seconds: a reset overtakes what was sent just before


def is_now(moment: str, event: Event | None) -> bool:
    """Whether a connection that ends at *moment* ends at *event*; None is the moment after the 101."""
    if event is None:
        return moment == "open"
    return moment == "frame" or (moment == "text" and isinstance(event, TextMessage))


async def end(how: str, writer: asyncio.StreamWriter) -> None:
    """End the connection of *writer*: close, reset, silent (never returns), or policy (a close frame)."""
    if how == "silent":
        await asyncio.Event().wait()
    if how == "policy":
        goodbye = CloseConnection(POLICY, "policy violation")
        writer.write(Connection(ConnectionType.SERVER).send(goodbye))
        await writer.drain()
    if how == "reset":
        await asyncio.sleep(_DELAY)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    writer.close()
