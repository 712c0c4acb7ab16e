"""Serve HTTP to strangers: how many connections there may be, and how long each may wait.

Health checks get in even if there are too many connections, because a new one takes the place of another.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.connection_limits import ForwardingProtocol, most_connections, most_per_address, stranger_group
from bot.http_log import HttpServerLog
from bot.logs import LogThrottle

SHUTDOWN: Final = 5.0  # seconds for requests in progress
# Seconds that a connection may be idle. Proxies in front keep theirs for 60 seconds.
IDLE: Final = 75.0
# Seconds for the headers of a request, and for each part of the answer to be read.
PATIENCE: Final = 10.0
# Seconds in which the rest of a refused body is read and dropped, so that its sender gets the answer.
LINGER: Final = 2.0


class HttpConnection(ForwardingProtocol):
    """One connection, from its acceptance to its end."""

    __slots__ = ("_connections", "_timer", "_transport", "group", "is_busy")

    def __init__(self, handler: asyncio.Protocol, connections: "HttpConnections") -> None:
        super().__init__(handler, self._end)
        self.group = ""  # what counts as its address; "" may be a proxy's
        self.is_busy = False  # whether a request is in progress, with complete headers
        self._connections = connections
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection. A proxy may open some for later."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self.group = stranger_group(peer[0]) if isinstance(peer, tuple) else ""
        self._connections.enter(self, transport)
        if self.group:
            self._wait()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Begin to wait for complete headers, if these bytes are part of them."""
        if not self.is_busy and self._timer is None:
            self._wait()
        super().data_received(data)

    def pause_writing(self) -> None:
        """Begin to wait for the other side to read."""
        self._wait()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The other side has read."""
        self._stop_waiting()
        super().resume_writing()

    def begin(self) -> None:
        """Note that a request has complete headers."""
        self._stop_waiting()
        self.is_busy = True

    def abort(self) -> None:
        """Close the connection at once, and count it no longer."""
        self._transport.abort()
        self._end()

    def _wait(self) -> None:
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self.abort)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _end(self) -> None:
        self._stop_waiting()
        self._connections.leave(self, self._transport)


class HttpConnections:
    """The connections of one server. A new one takes the place of the one whose last step was the longest ago.

    Where one address has too many, of its own ones; one that waits for a request before one that is in progress.
    """

    def __init__(self, most: int, most_per_address: int, log: logging.Logger) -> None:
        self._most, self._most_per_address = most, most_per_address
        self._open: dict[HttpConnection, None] = {}
        self._groups: dict[str, dict[HttpConnection, None]] = {}
        self._by_transport: dict[asyncio.BaseTransport, HttpConnection] = {}
        self._throttle = LogThrottle(log)

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: HttpConnection, transport: asyncio.BaseTransport) -> None:
        """Count one more connection."""
        group = self._groups.get(connection.group, {})
        if connection.group and len(group) >= self._most_per_address:
            self._close_first(group, "closed HTTP connections: one address had too many")
        elif len(self._open) >= self._most:
            self._close_first(self._open, "closed HTTP connections: there were too many")
        self._by_transport[transport] = connection
        self._append(connection)

    def leave(self, connection: HttpConnection, transport: asyncio.BaseTransport) -> None:
        """Count *connection* no longer. A second call does nothing."""
        if self._by_transport.pop(transport, None):
            self._remove(connection)

    @contextmanager
    def in_progress(self, transport: asyncio.BaseTransport | None) -> Iterator[None]:
        """Note that a request is in progress on the connection of *transport*."""
        connection = self._by_transport.get(transport) if transport else None
        if connection is None:
            yield
            return
        connection.begin()
        self._move_to_end(connection)
        try:
            yield
        finally:
            connection.is_busy = False
            self._move_to_end(connection)

    def _close_first(self, connections: dict[HttpConnection, None], reason: str) -> None:
        waiting = (connection for connection in connections if not connection.is_busy)
        first = next(waiting, None) or next(iter(connections))
        self._throttle.warn(reason)
        first.abort()

    def _append(self, connection: HttpConnection) -> None:
        self._open[connection] = None
        self._groups.setdefault(connection.group, {})[connection] = None

    def _remove(self, connection: HttpConnection) -> None:
        del self._open[connection]
        del self._groups[connection.group][connection]
        if not self._groups[connection.group]:
            del self._groups[connection.group]

    def _move_to_end(self, connection: HttpConnection) -> None:
        if connection in self._open:
            self._remove(connection)
            self._append(connection)


class HttpServer:
    """A server that listens until it is closed."""

    def __init__(self, runner: web.AppRunner, listener: asyncio.Server, connections: HttpConnections) -> None:
        self._runner, self._listener, self.connections = runner, listener, connections
        self.port: int = listener.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """Accept no further connection; those that exist go on."""
        self._listener.close()

    async def close(self) -> None:
        """Stop to listen, give the requests in progress `SHUTDOWN` seconds, and close all connections."""
        self.stop_listening()
        await self._runner.cleanup()


async def open_server(pages: web.Application, host: str, port: int, log: logging.Logger) -> HttpServer:
    """Serve *pages*; OSError if that address is not available."""
    most = most_connections()
    connections = HttpConnections(most, most_per_address(most), log)

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        with connections.in_progress(request.transport):
            return await handler(request)

    pages.middlewares.insert(0, note)
    runner = web.AppRunner(
        pages,
        access_log=None,  # it would write the links of checks
        logger=HttpServerLog(log),
        shutdown_timeout=SHUTDOWN,
        keepalive_timeout=IDLE,
        lingering_time=LINGER,
        auto_decompress=False,  # before the signature is checked, nothing is unpacked
    )
    await runner.setup()
    make_handler = runner.server
    assert make_handler
    try:
        listener = await asyncio.get_running_loop().create_server(
            lambda: HttpConnection(make_handler(), connections), host, port
        )
    except OSError:
        await runner.cleanup()
        raise
    return HttpServer(runner, listener, connections)
