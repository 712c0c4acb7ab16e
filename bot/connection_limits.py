"""What all limits of connections have in common: how many there may be, and which addresses count as one."""

import asyncio
import resource
from collections.abc import Callable
from ipaddress import ip_network
from typing import Final

from probes.protocol.address_group import group_of, read_address

MOST: Final = 1_000  # connections of one kind at one time; fewer where the process has few descriptors
# Addresses that are not a stranger's on the internet: a proxy on another host, perhaps, that hides all of them.
_INSIDE: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"))
) + tuple(map(ip_network, ("::1/128", "fc00::/7", "fe80::/10")))


def most_connections(part: int = 4) -> int:
    """Return how many connections of one kind may be open at one time: `MOST`, or 1/*part* of the descriptors."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if descriptors == resource.RLIM_INFINITY else max(8, min(MOST, descriptors // part))


def most_per_address(most: int) -> int:
    """Return how many of *most* connections one address may have."""
    return max(2, most // 4)


def address_group(peer: object) -> str:
    """Return what counts as one address: an IPv4 address, the /64 of an IPv6 address, or "" for a Unix socket.

    *peer* is what `getpeername` gives.
    """
    return group_of(read_address(str(peer[0]))) if isinstance(peer, tuple) else ""


def stranger_group(address: str) -> str:
    """Return what counts as one address, as `address_group`; "" for one that may be a proxy's, or for none."""
    try:
        known = read_address(address)
    except ValueError:
        return ""
    if any(known in network for network in _INSIDE if network.version == known.version):
        return ""
    return group_of(known)


class ForwardingProtocol(asyncio.Protocol):
    """Passes everything on to *handler*, and calls *lost* when the connection has ended."""

    __slots__ = ("_handler", "_lost")

    def __init__(self, handler: asyncio.Protocol, lost: Callable[[], None]) -> None:
        self._handler, self._lost = handler, lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass it on."""
        self._handler.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        """Pass it on."""
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on, after the call of *lost*."""
        self._lost()
        self._handler.connection_lost(exc)
