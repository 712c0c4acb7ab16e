"""Accept connections from strangers: how many may wait to prove who they are, and for how long.

Each connection is counted from its acceptance, before TLS, until it has proved which relay it is, or is closed.
"""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from bot.connection_limits import ForwardingProtocol, address_group, most_connections, most_per_address
from bot.logs import LogThrottle

log: Final = logging.getLogger(__name__)

PROOF: Final = 10.0  # seconds for TLS, the headers, and the greeting together
APART: Final = 0.003  # seconds between two connections with TLS: a handshake takes about a third of that
PAUSE: Final = 1.0  # seconds until the next attempt after an error of accept(), as without free descriptors
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: refused connections leave nothing behind


@dataclass(slots=True, eq=False)
class WaitingConnection:
    """One connection that has not proved who it is. *end* closes it."""

    address: str
    end: Callable[[], object]
    timer: asyncio.TimerHandle | None = None
    transport: asyncio.BaseTransport | None = None  # None before the end of the TLS handshake


@dataclass(slots=True)
class WaitingRoom:
    """The connections that wait, oldest first. A new one always enters: where there are too many, the oldest is closed.

    If one address has too many, it is the oldest of that address. What a connection has sent so far does not matter:
    anyone can send it, and silent connections that keep their places would keep the relays behind their address out.
    """

    most: int
    most_per_address: int
    patience: float | None = PROOF  # seconds until one is closed; None: its handler does that
    kind: str = "connections"  # for the log
    _waiting: dict[WaitingConnection, None] = field(default_factory=dict)
    _addresses: dict[str, dict[WaitingConnection, None]] = field(default_factory=dict)
    _by_transport: dict[asyncio.BaseTransport, WaitingConnection] = field(default_factory=dict)
    _throttle: LogThrottle = field(default_factory=lambda: LogThrottle(log))

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, address: str, end: Callable[[], None]) -> WaitingConnection:
        """Count one more connection."""
        own = self._addresses.get(address, {})
        if address and len(own) >= self.most_per_address:
            self._close_oldest(own, "one address had too many")
        elif len(self._waiting) >= self.most:
            self._close_oldest(self._waiting, "there were too many")
        connection = WaitingConnection(address, end)
        if self.patience is not None:
            loop = asyncio.get_running_loop()
            connection.timer = loop.call_later(self.patience, self.expire, connection)
        self._waiting[connection] = None
        self._addresses.setdefault(address, {})[connection] = None
        return connection

    def _close_oldest(self, connections: dict[WaitingConnection, None], because: str) -> None:
        self._throttle.warn(f"closed the {self.kind} that had waited longest: {because}")
        self.expire(next(iter(connections)))

    def expire(self, connection: WaitingConnection) -> None:
        """Close *connection*."""
        self.leave(connection)
        connection.end()

    def leave(self, connection: WaitingConnection) -> None:
        """Count *connection* no longer: it has proved who it is, or is closed. A second call does nothing."""
        if connection not in self._waiting:
            return
        del self._waiting[connection]
        if connection.transport:
            del self._by_transport[connection.transport]
        own = self._addresses[connection.address]
        del own[connection]
        if not own:
            del self._addresses[connection.address]
        if connection.timer:
            connection.timer.cancel()

    def opened(self, connection: WaitingConnection, transport: asyncio.Transport) -> None:
        """Store that *connection* has ended its TLS handshake, if any, and is now *transport*."""
        if connection in self._waiting:
            connection.transport, connection.end = transport, transport.abort
            self._by_transport[transport] = connection

    def leave_by(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection of *transport* no longer."""
        if connection := self._by_transport.get(transport):
            self.leave(connection)


def make_waiting_room() -> WaitingRoom:
    """Make the room for this process, by its limit of descriptors."""
    most = most_connections()
    return WaitingRoom(most, most_per_address(most))


@contextlib.asynccontextmanager
async def accepting(
    listener: socket.socket,
    make_handler: Callable[[], asyncio.Protocol],
    context: ssl.SSLContext | None,
    room: WaitingRoom,
) -> AsyncIterator[None]:
    """Accept connections on *listener* while the block runs."""
    task = asyncio.create_task(Acceptor(listener, make_handler, context, room).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Acceptor:
    """Accepts connections on *listener* until canceled."""

    def __init__(
        self,
        listener: socket.socket,
        make_handler: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
        room: WaitingRoom,
    ) -> None:
        self._listener, self._make_handler, self._context = listener, make_handler, context
        self._room = room
        self._opening: set[asyncio.Task[None]] = set()
        self._throttle = LogThrottle(log)

    async def run(self) -> None:
        """Accept until canceled. Pause when the system accepts nothing."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    connection, peer = await loop.sock_accept(self._listener)
                except OSError as error:
                    if error.errno != errno.ECONNABORTED:  # that one ended before it was accepted
                        self._throttle.warn(f"cannot accept connections at the moment: {error.strerror}")
                        await asyncio.sleep(PAUSE)
                    continue
                self._take(connection, address_group(peer))
                # A crowd of connections does not stop the others.
                await asyncio.sleep(APART if self._context else 0)
        finally:
            for task in tuple(self._opening):
                task.cancel()

    def _take(self, connection: socket.socket, address: str) -> None:
        waiting = self._room.enter(address, lambda: _reset(connection))
        task = asyncio.create_task(self._open(connection, waiting))
        waiting.end = task.cancel
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket, waiting: WaitingConnection) -> None:
        connection.setblocking(False)
        limit = PROOF if self._context else None
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: ForwardingProtocol(self._make_handler(), lambda: self._room.leave(waiting)),
                connection,
                ssl=self._context,
                ssl_handshake_timeout=limit,
                ssl_shutdown_timeout=2.0 if limit else None,
            )
        except OSError:  # no TLS, or not in time
            self._room.leave(waiting)
            connection.close()
        except BaseException:
            self._room.leave(waiting)
            connection.close()
            raise
        else:
            self._room.opened(waiting, transport)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()
