"""Transports for TURN messages: UDP datagrams, or a framed TCP or TLS stream."""

import asyncio
import fcntl
import ssl
import sys
import termios
from functools import cache
from typing import Final, Protocol

from probes.net.sockets import connect_tcp, open_udp
from probes.net.turn_session import StunFrames, TurnSession
from probes.net.udp import UdpSocket
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.frozen import frozen

_READ: Final = 4096  # bytes per read
# ICMP errors that end the wait for an answer. They come sooner than the answer, which may be on its way all the same.
_ERRORS: Final = 3


@frozen
class TurnEndpoint:
    """One address, port and transport of a TURN server."""

    host: str
    address: str
    port: int
    transport: str  # udp, tcp or tls

    def __str__(self) -> str:
        """`host:port/transport`."""
        return f"{self.host}:{self.port}/{self.transport}"


class Wire(Protocol):
    """Sends and receives whole messages."""

    reliable: bool  # nothing is lost, so nothing is sent again
    error: NetworkError | None  # the first ICMP error, if there was one

    def send(self, packet: bytes) -> None:
        """Send one message."""

    async def receive(self) -> bytes:
        """The next message; raises OSError, EOFError or MalformedError if there will be no other."""
        ...

    def close(self) -> None:
        """Close the connection at once."""


class Datagrams:
    """A connected UDP socket: one message per datagram, any of which may be lost."""

    reliable = False

    def __init__(self, sock: UdpSocket) -> None:
        self._sock = sock
        self.error: NetworkError | None = None
        self._errors = 0
        self._is_answered = False

    def send(self, packet: bytes) -> None:
        """Send once; raises OSError if this host refuses."""
        self._sock.send(packet)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    async def receive(self) -> bytes:
        """The next datagram; raises on the third ICMP error. Once the server has answered, ICMP errors are ignored."""
        while (arrival := await self._sock.receive()).icmp is not None:
            if arrival.failure and not self._is_answered:
                self.error = self.error or NetworkError(arrival.failure, arrival.icmp_from)
                self._errors += 1
                if self._errors >= _ERRORS:
                    raise self.error
        self.error, self._is_answered = None, True
        return arrival.payload


class Stream:
    """A TCP or TLS connection."""

    reliable = True
    error: NetworkError | None = None

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = StunFrames()
        self._ready: list[bytes] = []

    def send(self, packet: bytes) -> None:
        """Send reliably, or break the connection."""
        self._writer.write(packet)

    async def write(self, packets: bytes) -> None:
        """Send *packets*, and wait until the connection takes more; raises OSError if it breaks."""
        self._writer.write(packets)
        await self._writer.drain()

    @property
    def unconfirmed(self) -> int:
        """How many bytes the server has not confirmed yet: those still in this process, and those in the kernel."""
        sock = self._writer.get_extra_info("socket")
        left = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
        return self._writer.transport.get_write_buffer_size() + int.from_bytes(left, sys.byteorder)

    def close(self) -> None:
        """Abort the connection: what we wrote has left, and the server's answer does not matter."""
        self._writer.transport.abort()

    async def receive(self) -> bytes:
        """The next message; raises EOFError if the server closes, MalformedError for another protocol."""
        while not self._ready:
            received = await self._reader.read(_READ)
            if not received:
                raise EOFError
            self._ready = self._frames.feed(received)
        return self._ready.pop(0)


async def open_wire(endpoint: TurnEndpoint, session: TurnSession) -> Wire:
    """Connect to *endpoint*, with the TLS handshake if it uses TLS, and note it in *session*; raises OSError."""
    if endpoint.transport == "udp":
        session.connected = True
        return Datagrams(open_udp((endpoint.address, endpoint.port)))
    sock = await connect_tcp(endpoint.address, endpoint.port, speaks_first=True)
    session.connected = True
    tls, name = (_context(), endpoint.host) if endpoint.transport == "tls" else (None, None)
    try:  # it owns the socket from here, even if we are cancelled
        return Stream(*await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name))
    except ConnectionError as error:
        if error.errno:
            raise
        # asyncio raises this without errno when the handshake is reset or closed.
        raise NetworkError(Failure.CONNECTION_RESET) from None


@cache
def _context() -> ssl.SSLContext:
    """TLS that accepts any certificate: only the bytes matter here, and the tls check judges certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
