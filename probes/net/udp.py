"""Send and receive datagrams on one socket in the event loop; ICMP errors are received, too."""

import asyncio
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from typing import Final

from probes.net.guard import GUARD
from probes.net.icmp import IcmpError, read_error
from probes.protocol.failures import Failure
from probes.protocol.frozen import frozen

_BATCH: Final = 32  # datagrams per read, so that a flood cannot block the event loop
# Linux's values (linux/in.h, linux/in6.h); Python's socket module defines none.
_MTU_DISCOVER: Final = {
    socket.AF_INET: (socket.IPPROTO_IP, 10),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 23),
}
_MTU: Final = {socket.AF_INET: (socket.IPPROTO_IP, 14), socket.AF_INET6: (socket.IPPROTO_IPV6, 24)}
_FRAGMENT, _NEVER_FRAGMENT = 0, 3  # IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE
_KEPT: Final = 256  # arrivals waiting to be received; more are dropped in a flood
# The kernel's clock time of each datagram (linux/socket.h). Later than this, in seconds, it is from another clock.
_TIMESTAMP: Final = 35
_LATEST: Final = 2.0
_TIMES: Final = struct.Struct("qq")  # seconds and nanoseconds


@frozen
class Arrival:
    """A datagram received, or an ICMP error about one that we sent."""

    payload: bytes  # what arrived; for an error, what we sent
    peer: tuple[str, int]  # its sender; for an error, the destination of our datagram
    icmp: IcmpError | None = None
    waited: float = 0.0  # seconds between its arrival at this host and the read: this process was busy

    @property
    def failure(self) -> Failure | None:
        """The failure for the ICMP error; None for a datagram, and for errors that do not end an attempt."""
        return self.icmp.failure if self.icmp else None

    @property
    def icmp_from(self) -> str:
        """The sender of the ICMP error; "" for a datagram."""
        return self.icmp.sender if self.icmp else ""


class UdpSocket:
    """Sends and receives datagrams on one local port; ICMP errors are received, too."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._arrivals: deque[Arrival] = deque(maxlen=_KEPT)
        self._waiting: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._guard = GUARD.get()
        try:
            self._remote: tuple[str, int] | None = sock.getpeername()[:2]
        except OSError:  # not connected: a receiver tells by the destination which datagram an error is about
            self._remote = None
        with suppress(OSError):  # without it, `waited` stays 0
            sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        self._loop.add_reader(sock, self._read)

    def __enter__(self) -> "UdpSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def local(self) -> tuple[str, int]:
        """Our address and port; the address is the wildcard until the socket is connected."""
        name = self._sock.getsockname()
        return str(name[0]), int(name[1])

    def fragment(self, allowed: bool) -> None:
        """Let routers fragment what is sent from now on, or forbid it, to this host's kernel as well."""
        option = _MTU_DISCOVER[socket.AddressFamily(self._sock.family)]
        self._sock.setsockopt(*option, _FRAGMENT if allowed else _NEVER_FRAGMENT)

    @property
    def mtu(self) -> int:
        """The longest packet that this host's kernel sends to the peer of a connected socket."""
        return self._sock.getsockopt(*_MTU[socket.AddressFamily(self._sock.family)])

    def send(self, payload: bytes, to: tuple[str, int] | None = None, *, ttl: int | None = None) -> None:
        """Send once, with *ttl* if given; raises OSError if this host refuses.

        The kernel reports the error of an earlier datagram, perhaps to another destination, at the next send.
        We send again: only what is raised then is about this datagram. The error queue becomes arrivals.
        """
        peer = to or self._sock.getpeername()
        self._guard.check(str(peer[0]), int(peer[1]), "udp")
        try:
            self._send(payload, to, ttl)
        except OSError:
            self._drain_errors()
            self._wake()
            self._send(payload, to, ttl)

    async def receive(self) -> Arrival:
        """The next datagram or ICMP error."""
        while not self._arrivals:
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return self._arrivals.popleft()

    def close(self) -> None:
        """Stop receiving and close the socket."""
        self._loop.remove_reader(self._sock)
        self._sock.close()

    def _send(self, payload: bytes, to: tuple[str, int] | None, ttl: int | None) -> None:
        options = []
        if ttl is not None and self._sock.family == socket.AF_INET6:
            options = [(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("i", ttl))]
        elif ttl is not None:
            options = [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", ttl))]
        self._sock.sendmsg([payload], options, 0, *([to] if to else []))

    def _read(self) -> None:
        self._drain_errors()
        for _ in range(_BATCH):
            try:
                payload, ancillary, _, peer = self._sock.recvmsg(65535, socket.CMSG_SPACE(_TIMES.size))
            except BlockingIOError:
                break
            except OSError:  # the pending error of an ICMP message that is or was in the queue
                self._drain_errors()
                continue
            self._arrivals.append(Arrival(payload, (str(peer[0]), int(peer[1])), waited=_waited(ancillary)))
        self._wake()

    def _drain_errors(self) -> None:
        """Move the error queue into the arrivals.

        A connected socket gets errors about its own peer only: what was sent from its port before, by itself or by
        another socket, is not its flow.
        """
        for _ in range(_BATCH):
            error = read_error(self._sock)
            if error is None:
                break
            payload, peer, icmp = error
            if icmp is not None and self._remote in (None, peer):
                self._arrivals.append(Arrival(payload, peer, icmp))

    def _wake(self) -> None:
        if self._arrivals and self._waiting is not None:
            settle(self._waiting)


def _waited(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Seconds since the kernel received a datagram, by its timestamp; 0 if there is none, or from another clock."""
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == _TIMESTAMP and len(value) == _TIMES.size:
            seconds, nanoseconds = _TIMES.unpack(value)
            waited = time.time() - seconds - nanoseconds / 1e9
            return waited if 0 <= waited < _LATEST else 0.0
    return 0.0


def settle(future: asyncio.Future[None]) -> None:
    """Complete *future* unless it is done."""
    if not future.done():
        future.set_result(None)
