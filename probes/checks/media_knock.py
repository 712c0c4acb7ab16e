"""Find out whether datagrams reach the host of a relayed address at all."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from socket import AF_INET
from typing import Final

from probes.net.addresses import family_of
from probes.net.sockets import open_udp
from probes.net.stun import TransportAddress
from probes.protocol.failures import Failure

_KNOCK_WAIT: Final = 0.1  # seconds, per port
_RTP: Final = b"\x80\x00"  # what media begins with


async def host_answers(addresses: Iterable[TransportAddress]) -> bool:
    """Whether the relaying host reports a port next to one of *addresses* as unreachable (ICMP).

    If so, datagrams reach the host, and the path does not explain the missing answer from the relayed port.
    No ICMP proves nothing: many hosts do not send it.
    """
    addresses = list(addresses)
    with open_udp(family=family_of(addresses[0].host) if addresses else AF_INET) as sock:
        for address in addresses:
            with suppress(OSError):  # no answer in time, or this host does not let us send
                sock.send(_RTP + bytes(10), TransportAddress(address.host, min(address.port + 1, 65535)))
                async with asyncio.timeout(_KNOCK_WAIT):
                    while (arrival := await sock.receive()).icmp_from != address.host:
                        pass
                    return arrival.failure is Failure.PORT_UNREACHABLE
    return False
