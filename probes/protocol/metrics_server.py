"""Serve the pages of Prometheus's library in threads, to a limited number of connections for a limited time."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from probes.protocol.address_group import group_of, read_address

PATIENCE: Final = 10.0  # seconds for the request and for its answer to be read
PAUSE: Final = 0.5  # seconds until the next attempt after an error of accept()
MOST: Final = 16  # connections at one time: each has a thread, and one Prometheus needs one
MOST_PER_ADDRESS: Final = 8


class SilentHandler(WSGIRequestHandler):
    """Logs nothing: a stranger would choose the lines."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library has
        """Log nothing."""


class MetricsServer(ThreadingMixIn, WSGIServer):
    """A thread for each connection. A new connection takes the place of the oldest."""

    daemon_threads = True
    request_queue_size = 128  # 5 by default: behind a crowd of strangers, Prometheus would wait for seconds

    def __init__(self, address: tuple[str, int], app: Callable[..., Any]) -> None:
        kind, _, _, _, where = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        self.address_family = kind
        self._open: dict[
            socket.socket, tuple[str, float]
        ] = {}  # address and time of acceptance, oldest first
        self._lock = threading.Lock()
        super().__init__((str(where[0]), address[1]), SilentHandler)
        self.set_app(app)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, after making room for it."""
        group = group_of(read_address(client_address[0]))
        with self._lock:
            same = [connection for connection, (other, _) in self._open.items() if other == group]
            if len(same) >= MOST_PER_ADDRESS:
                self._end(same[0])
            elif len(self._open) >= MOST:
                self._end(next(iter(self._open)))
            self._open[request] = (group, time.monotonic())
        super().process_request(request, client_address)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; pause when the system accepts none, as without free descriptors."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(PAUSE)
            raise

    def service_actions(self) -> None:
        """End what has lasted too long; called twice a second."""
        now = time.monotonic()
        with self._lock:
            for connection in [one for one, (_, begun) in self._open.items() if now - begun > PATIENCE]:
                self._end(connection)

    def close_request(self, request: Any) -> None:
        """Count the connection no longer."""
        with self._lock:
            self._open.pop(request, None)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write no traceback: the other side has ended the connection, or this one has."""

    def _end(self, connection: socket.socket) -> None:
        """Wake the thread of *connection*, which then ends."""
        del self._open[connection]
        with suppress(OSError):  # it has ended
            connection.shutdown(socket.SHUT_RDWR)
