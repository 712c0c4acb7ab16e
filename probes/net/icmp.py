"""What the kernel's error queue says about ICMP: which error, about which packet, told by whom.

Linux only (`IP_RECVERR`, ip(7)); needs no privilege.
"""

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from probes.protocol.failures import Failure

# Python's socket module has neither name; the values are Linux's (linux/in.h, linux/in6.h).
IP_RECVERR: Final = 11
IPV6_RECVERR: Final = 25

_ORIGINS: Final = {2, 3}  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6; the others are this host's own
_HEADER: Final = struct.Struct("=IBBBBII")  # errno, origin, type, code, padding, info, data
_OFFENDER: Final = {  # where the offender's address stands in the sockaddr that follows the header
    socket.IPPROTO_IP: (socket.AF_INET, slice(20, 24)),
    socket.IPPROTO_IPV6: (socket.AF_INET6, slice(24, 40)),
}
_LEVELS: Final = {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}

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


@dataclass(frozen=True, slots=True)
class IcmpError:
    """One ICMP error about a packet of ours."""

    type: int
    code: int
    sender: str  # the router or host that sent it; "" when the kernel does not say
    version: int = 4

    @property
    def failure(self) -> Failure | None:
        """The word for it; None for errors that end nothing, such as "time exceeded"."""
        return (_WORDS_V4 if self.version == 4 else _WORDS_V6).get((self.type, self.code))

    @property
    def time_exceeded(self) -> bool:
        """Whether a router dropped the packet because its TTL had run out."""
        return (self.version, self.type, self.code) in {(4, 11, 0), (6, 3, 0)}


def ask_for_icmp(sock: socket.socket) -> None:
    """Have the kernel keep ICMP errors for *sock* in its error queue."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)


def read_error(sock: socket.socket) -> tuple[bytes, tuple[str, int], IcmpError | None] | None:
    """Take one error off the queue: our payload, whither it went, the ICMP. None when the queue is empty.

    An undrained queue keeps the socket readable, and a loop that waits for it spinning.
    """
    try:
        payload, ancillary, _, address = sock.recvmsg(2048, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    except OSError:
        return None
    towards = (str(address[0]), int(address[1])) if address else ("", 0)
    return payload, towards, parse_ancillary(ancillary)


def parse_ancillary(ancillary: Iterable[tuple[int, int, bytes]]) -> IcmpError | None:
    """The ICMP error in a control message (`struct sock_extended_err`); None for an error of this host's."""
    for level, kind, content in ancillary:
        if (level, kind) not in _LEVELS or len(content) < _HEADER.size:
            continue
        _, origin, icmp_type, code, *_ = _HEADER.unpack_from(content)
        if origin not in _ORIGINS:
            continue
        family, place = _OFFENDER[level]
        raw = content[place]
        complete = len(raw) == place.stop - place.start
        sender = socket.inet_ntop(family, raw) if complete and any(raw) else ""
        return IcmpError(icmp_type, code, sender, 4 if level == socket.IPPROTO_IP else 6)
    return None
