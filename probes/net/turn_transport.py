"""What carries TURN messages: datagrams, or a TCP or TLS stream cut into frames."""

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

from probes.net.sockets import connect_tcp, open_udp
from probes.net.turn_session import StunFrames
from probes.net.udp import UdpSocket
from probes.protocol.failures import Failure, NetworkError

_READ: Final = 4096  # bytes at one go


@dataclass(frozen=True, slots=True)
class TurnEndpoint:
    """One way to a TURN server."""

    host: str
    address: str
    port: int
    transport: str  # udp, tcp or tls

    def __str__(self) -> str:
        """`host:port/transport`."""
        return f"{self.host}:{self.port}/{self.transport}"


class Wire(Protocol):
    """Whole messages out and in."""

    reliable: bool  # nothing gets lost, so nothing is sent again
    error: NetworkError | None  # what ICMP said, if it said anything yet

    def send(self, packet: bytes) -> None:
        """Put one message on its way."""

    async def receive(self) -> bytes:
        """The next message; raises OSError, EOFError or MalformedError when there will be none."""
        ...

    def close(self) -> None:
        """Let go of the connection at once."""


class Datagrams:
    """A connected UDP socket: one message a datagram, any of them may get lost."""

    reliable = False

    def __init__(self, sock: UdpSocket) -> None:
        self._sock = sock
        self.error: NetworkError | None = None

    def send(self, packet: bytes) -> None:
        """Send once; raises OSError when this host itself refuses."""
        self._sock.send(packet)

    def close(self) -> None:
        """Give the port back."""
        self._sock.close()

    async def receive(self) -> bytes:
        """The next datagram; a second ICMP error ends it, one alone may be a route in motion."""
        while (arrival := await self._sock.receive()).icmp is not None:
            if arrival.failure and self.error:
                raise self.error
            if arrival.failure:
                self.error = NetworkError(arrival.failure, arrival.icmp_from)
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
        """Send for certain, or break."""
        self._writer.write(packet)

    def close(self) -> None:
        """Close without a goodbye: what we wrote has left, and the server's answer does not matter."""
        self._writer.transport.abort()

    async def receive(self) -> bytes:
        """The next message; EOFError when the server closes, MalformedError for another protocol."""
        while not self._ready:
            received = await self._reader.read(_READ)
            if not received:
                raise EOFError
            self._ready = self._frames.feed(received)
        return self._ready.pop(0)


async def open_wire(endpoint: TurnEndpoint) -> Wire:
    """Connect to *endpoint*, TLS included; raises OSError."""
    if endpoint.transport == "udp":
        return Datagrams(open_udp((endpoint.address, endpoint.port)))
    sock = await connect_tcp(endpoint.address, endpoint.port)
    tls, name = (_context(), endpoint.host) if endpoint.transport == "tls" else (None, None)
    try:  # it owns the socket from here on, also when we are cancelled
        return Stream(*await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name))
    except ConnectionError as error:
        if error.errno:
            raise
        # asyncio's own, without errno, for a handshake that was reset or closed.
        raise NetworkError(Failure.CONNECTION_RESET) from None


@cache
def _context() -> ssl.SSLContext:
    """TLS that trusts anybody: here only the bytes matter, and the tls probe judges certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
