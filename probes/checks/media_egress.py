"""The public addresses that the datagrams of a media check may leave from."""

import asyncio
import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from probes.net.loss import LossMeter
from probes.net.stun import TransportAddress
from probes.net.stun_client import StunSocket

_STUN_PACE: Final = (0.1, 0.2, 0.3)
# NAT pools use neighboring addresses: after no answer, permit this many around each address we know.
_POOL_BITS: Final = 27
_MOST_PERMITTED: Final = 96


class Egress:
    """The public addresses that our datagrams may leave from; TURN permissions are for these."""

    def __init__(self, silence: asyncio.Event, hosts: Iterable[str] = ()) -> None:
        self.silence = silence  # set once a datagram got no answer in time
        self.hosts: set[str] = set()
        self.stun_answers = 0
        self.meter = LossMeter()  # of the STUN requests
        for host in hosts:
            self.learn(host)

    def learn(self, host: str) -> None:
        """Add an address; IPv4 only, like relayed addresses."""
        with suppress(ValueError):
            self.hosts.add(str(ipaddress.IPv4Address(host)))

    async def ask(self, stun: StunSocket, server: TransportAddress) -> None:
        """Ask *server* for our address, from the same port that will send."""
        try:
            answer = await stun.ask(server, pace=_STUN_PACE)
        except OSError:
            for _ in _STUN_PACE:
                self.meter.record(answered=False)
            return
        for number in range(answer.answered):
            self.meter.record(answered=number == 0)
        self.stun_answers += 1
        with suppress(OSError):  # an answer without an address
            self.learn(answer.reflexive.host)

    @property
    def neighbours(self) -> set[str]:
        """The known addresses, and those next to them that a NAT pool would use."""
        found = set(self.hosts)
        for host in sorted(self.hosts):
            network = ipaddress.ip_network(f"{host}/{_POOL_BITS}", strict=False)
            found |= {str(address) for address in network}
            if len(found) >= _MOST_PERMITTED:
                break
        return found
