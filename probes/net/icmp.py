"""Read ICMP errors from a socket's error queue: which error, about which packet, sent by whom.

Linux only (`IP_RECVERR`, ip(7)); needs no privilege.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterable
from typing import Final

from probes.protocol.failures import Failure, NetworkError
from probes.protocol.frozen import frozen

# Python's socket module defines neither; the values are Linux's (linux/in.h, linux/in6.h).
IP_RECVERR: Final = 11
IPV6_RECVERR: Final = 25

_ORIGINS: Final = {2, 3}  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6; other origins are this host's own errors
_HEADER: Final = struct.Struct("=IBBBBII")  # errno, origin, type, code, padding, info, data
_OFFENDER: Final = {  # where the sender's address is in the sockaddr after the header
    socket.IPPROTO_IP: (socket.AF_INET, slice(20, 24)),
    socket.IPPROTO_IPV6: (socket.AF_INET6, slice(24, 40)),
}
_LEVELS: Final = {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}

_TOO_LONG: Final = {(4, 3, 4), (6, 2, 0)}  # version, type, code: RFC 1191, RFC 4443 3.2

_WORDS_V4: Final = {  # RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1
    (3, 0): Failure.NETWORK_UNREACHABLE,
    (3, 1): Failure.HOST_UNREACHABLE,
    (3, 2): Failure.PORT_UNREACHABLE,
    (3, 3): Failure.PORT_UNREACHABLE,
    (3, 5): Failure.HOST_UNREACHABLE,
    (3, 6): Failure.NETWORK_UNREACHABLE,
    (3, 7): Failure.HOST_UNREACHABLE,
    (3, 9): Failure.ADMIN_PROHIBITED,
    (3, 10): Failure.ADMIN_PROHIBITED,
    (3, 11): Failure.NETWORK_UNREACHABLE,
    (3, 12): Failure.HOST_UNREACHABLE,
    (3, 13): Failure.ADMIN_PROHIBITED,
}
_WORDS_V6: Final = {  # RFC 4443 3.1
    (1, 0): Failure.NETWORK_UNREACHABLE,
    (1, 1): Failure.ADMIN_PROHIBITED,
    (1, 2): Failure.HOST_UNREACHABLE,
    (1, 3): Failure.HOST_UNREACHABLE,
    (1, 4): Failure.PORT_UNREACHABLE,
    (1, 5): Failure.ADMIN_PROHIBITED,
    (1, 6): Failure.ADMIN_PROHIBITED,
}


@frozen
class IcmpError:
    """One ICMP error about a packet that we sent."""

    type: int
    code: int
    sender: str  # the router or host that sent it; "" if the kernel does not report it
    version: int = 4
    mtu: int = 0  # of a packet that is too long: the longest that the sender can pass on

    @property
    def failure(self) -> Failure | None:
        """The failure for this error; None for errors that do not end an attempt, such as "time exceeded"."""
        return (_WORDS_V4 if self.version == 4 else _WORDS_V6).get((self.type, self.code))

    @property
    def time_exceeded(self) -> bool:
        """Whether a router dropped the packet because its TTL reached 0."""
        return (self.version, self.type, self.code) in {(4, 11, 0), (6, 3, 0)}


class TtlExpired(NetworkError):  # noqa: N818 - the answer that a trace waits for, not an error
    """A router on the path dropped our packet because its TTL reached 0."""

    def __init__(self, sender: str) -> None:
        super().__init__(Failure.HOST_UNREACHABLE, sender)  # as errno says to those who set no TTL


def ask_for_icmp(sock: socket.socket, *, on: bool = True) -> None:
    """Make the kernel queue ICMP errors for *sock*, or stop it, which empties the queue."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, on)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, on)


def quotes_connection(
    segment: bytes, towards: tuple[str, int], local_port: int, remote: tuple[str, int]
) -> bool:
    """Whether the TCP *segment* that an ICMP error quotes, sent *towards* an address, is from this connection."""
    addresses = {ipaddress.ip_address(host.partition("%")[0]) for host in (towards[0], remote[0]) if host}
    if len(addresses) != 1 or towards[1] != remote[1]:
        return False
    return len(segment) < 4 or struct.unpack_from("!HH", segment) == (local_port, remote[1])


def read_error(sock: socket.socket) -> tuple[bytes, tuple[str, int], IcmpError | None] | None:
    """Read one entry from the socket's error queue: payload, destination, ICMP error; None if the queue is empty.

    Drain the queue: while it has entries the socket stays readable, and an event loop that waits for it
    spins.
    """
    try:
        payload, ancillary, _, address = sock.recvmsg(2048, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    except OSError:
        return None
    towards = (str(address[0]), int(address[1])) if address else ("", 0)
    return payload, towards, parse_ancillary(ancillary)


def parse_ancillary(ancillary: Iterable[tuple[int, int, bytes]]) -> IcmpError | None:
    """The ICMP error in a control message (`struct sock_extended_err`); None for this host's own errors."""
    for level, kind, content in ancillary:
        if (level, kind) not in _LEVELS or len(content) < _HEADER.size:
            continue
        _, origin, icmp_type, code, _, info, _ = _HEADER.unpack_from(content)
        if origin not in _ORIGINS:
            continue
        family, place = _OFFENDER[level]
        raw = content[place]
        complete = len(raw) == place.stop - place.start
        sender = socket.inet_ntop(family, raw) if complete and any(raw) else ""
        version = 4 if level == socket.IPPROTO_IP else 6
        mtu = info if (version, icmp_type, code) in _TOO_LONG else 0
        return IcmpError(icmp_type, code, sender, version, mtu)
    return None
