"""Open every socket that a probe uses, and report the ICMP errors for it.

The egress guard (probes/net/guard.py) checks each target before anything is sent, and again once connected.
"""

import asyncio
import errno
import os
import random
import socket
import struct
from typing import Final

from probes.net.addresses import family_of
from probes.net.guard import GUARD
from probes.net.icmp import IcmpError, TtlExpired, ask_for_icmp, quotes_connection, read_error
from probes.net.udp import Arrival, UdpSocket, settle
from probes.protocol.failures import Failure, NetworkError, classify

__all__ = [
    "LOW_PORTS",
    "Arrival",
    "UdpSocket",
    "connect_tcp",
    "has_route",
    "open_udp",
    "set_ttl",
    "source_address",
]

# Replies to an ephemeral source port have a destination port in 10000-60000. A stateless rule that drops this
# range would make STUN, DNS and the media check fail as well. With a source port below 10000 they are not
# affected.
LOW_PORTS: Final = range(1500, 9500)
# Source ports that trigger application gateways and discovery services on the path.
_ANY_IPV6: Final = ("2000::1", "64:ff9b::1")  # nothing is sent there; only the route counts
_AVOIDED: Final = frozenset({1701, 1720, 1723, 1900, 2427, 3478, 4500, 5004, 5060, 5061, 5353, 5355})

# One packet ends a connection instead of three, and a firewall on the path forgets it at once. Nothing of use is lost:
# each check has read what it wants by then.
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)  # socket(7), SO_LINGER: on, for no time


def source_address(address: str, port: int = 443) -> str:
    """The local address that packets to *address* leave from; raises OSError if there is no route."""
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as sock:
        sock.connect((address, port))  # a datagram socket: nothing is sent
        return str(sock.getsockname()[0])


def has_route(address: str) -> bool:
    """Whether this host has a route to *address*."""
    try:
        source_address(address)
    except OSError:
        return False
    return True


def has_ipv6() -> bool:
    """Whether this host has a route to any IPv6 address that is not its own network's."""
    return any(map(has_route, _ANY_IPV6))


async def connect_tcp(
    address: str,
    port: int,
    *,
    mss: int = 0,
    ttl: int = 0,
    speaks_first: bool = False,
    hears_icmp: bool = False,
) -> socket.socket:
    """A connected, non-blocking socket; raises OSError, as NetworkError with the sender if an ICMP error arrived.

    With *mss*, no packet in either direction has more bytes of content. With *ttl*, our packets go as many hops and no
    farther; `TtlExpired` names the router where they ended. Set *speaks_first* if a request follows at once: it then
    carries the confirmations of what the server sent (tcp(7), TCP_QUICKACK), as most other packets of ours do.

    Once connected, ICMP errors do not end the connection, as in other programs (RFC 1122 section 4.2.3.9): the sender
    may not have dropped anything. With *hears_icmp*, they are errors of the socket.
    """
    GUARD.get().check(address, port, "tcp")
    sock = socket.socket(family_of(address), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ask_for_icmp(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        if speaks_first:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        if mss:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        if ttl:
            set_ttl(sock, ttl)
        code = sock.connect_ex((address, port))
        if code not in {0, errno.EINPROGRESS}:
            raise OSError(code, os.strerror(code))
        await _connected(sock, (address, port))
        if not hears_icmp:
            _ignore_icmp(sock)
        if speaks_first:  # the kernel forgot it with the handshake
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        peer = sock.getpeername()
        GUARD.get().check(str(peer[0]), int(peer[1]), "tcp")
    except BaseException:
        sock.close()
        raise
    return sock


def set_ttl(sock: socket.socket, ttl: int) -> None:
    """Let what *sock* sends from now on pass *ttl* hops."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)


async def _connected(sock: socket.socket, remote: tuple[str, int]) -> None:
    """Wait until the TCP handshake of *sock* with *remote* succeeds or fails."""
    icmp: IcmpError | None = None
    local_port = int(sock.getsockname()[1])
    while True:
        await _writable(sock)
        if _is_open(sock):  # whatever ICMP said meanwhile
            return
        while (error := read_error(sock)) is not None:
            segment, towards, reported = error
            if quotes_connection(segment, towards, local_port, remote):
                icmp = reported or icmp
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise _worded(code, icmp)
        if _is_open(sock):
            return
        # The error did not end the attempt; our SYN is still unanswered.
        await asyncio.sleep(0.01)


def _is_open(sock: socket.socket) -> bool:
    """Whether the peer accepted the connection, and nobody has reset it."""
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def _ignore_icmp(sock: socket.socket) -> None:
    """Drop the ICMP errors so far, and ask for no further ones; raises OSError if the connection was reset."""
    ask_for_icmp(sock, on=False)
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code and not _is_open(sock):
        raise OSError(code, os.strerror(code))


def _worded(code: int, icmp: IcmpError | None) -> OSError:
    """The error of a failed connect: errno alone cannot express "prohibited" or who sent the ICMP error."""
    error = OSError(code, os.strerror(code))
    if icmp is None:
        return error
    if icmp.time_exceeded:
        return TtlExpired(icmp.sender)
    failure = icmp.failure
    if failure is None or failure is Failure.PORT_UNREACHABLE:
        failure = classify(error)  # for a SYN, "port unreachable" means connection refused, as errno reports
    return NetworkError(failure, icmp.sender)


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(sock, settle, ready)
    try:
        await ready
    finally:
        loop.remove_writer(sock)


def open_udp(
    remote: tuple[str, int] | None = None, *, low_port: bool = True, family: int = socket.AF_INET
) -> "UdpSocket":
    """A UDP socket, connected if *remote* is given; use it as a context manager in a running event loop.

    With *low_port* it is bound below 10000, otherwise to an ephemeral port.
    """
    sock = socket.socket(family_of(remote[0]) if remote else family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        ask_for_icmp(sock)
        _bind(sock, low_port)
        if remote is not None:
            GUARD.get().check(*remote, "udp")
            sock.connect(remote)
    except BaseException:
        sock.close()
        raise
    return UdpSocket(sock)


def _bind(sock: socket.socket, low_port: bool) -> None:
    anywhere = "::" if sock.family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - nothing is served here
    if not low_port:
        sock.bind((anywhere, 0))
        return
    for _ in range(200):
        port = random.choice(LOW_PORTS)  # noqa: S311 - to spread, not to hide
        if port in _AVOIDED:
            continue
        try:
            sock.bind((anywhere, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return
    raise NetworkError(Failure.NOT_SUPPORTED)
