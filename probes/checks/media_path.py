"""Check one media port in both directions: a datagram to a relayed address, and one back.

A media path is a local UDP port and a TURN allocation. A datagram from the port reaches the relayed address
just as media would. The server reports it over the control channel, and sends a datagram back on request.
"""

import asyncio
import ipaddress
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from probes.checks.media_verdict import PortProof
from probes.net.clock import milliseconds_since, now
from probes.net.sockets import open_udp
from probes.net.stun import TransportAddress
from probes.net.stun_client import StunSocket
from probes.net.turn import TurnClient
from probes.net.turn_session import TurnRefused
from probes.net.udp import Arrival
from probes.protocol.failures import Failure

# Seconds after each datagram: three within 0.6 s, so that random loss does not look like a firewall rule.
_WAITS: Final = (0.15, 0.2, 0.25)
# The wait after the last one is longer if the control channel is slow: this many of its round trips.
_SLOW: Final = 2
_KNOCK_WAIT: Final = 0.1  # seconds, per port
_ICMP_ENOUGH: Final = 2  # after this many ICMP errors the port is rejected
_STUN_PACE: Final = (0.1, 0.2, 0.3)
# NAT pools use neighboring addresses: after no answer, permit this many around each address we know.
_POOL_BITS: Final = 27
_MOST_PERMITTED: Final = 96
# Version 2, payload type 0: an RTP header, as media must pass (RFC 3550 section 5.1). Our mark replaces
# timestamp and source.
_RTP: Final = b"\x80\x00"


class Egress:
    """The public addresses that our datagrams may leave from; TURN permissions are for these."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self.hosts: set[str] = set()
        self.stun_answers = 0
        for host in hosts:
            self.learn(host)

    def learn(self, host: str) -> None:
        """Add an address; IPv4 only, like relayed addresses."""
        with suppress(ValueError):
            self.hosts.add(str(ipaddress.IPv4Address(host)))

    async def ask(self, stun: StunSocket, server: TransportAddress) -> None:
        """Ask *server* for our address, from the same port that will send."""
        with suppress(OSError):
            answer = await stun.ask(server, pace=_STUN_PACE)
            self.stun_answers += 1
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


class MediaPath:
    """The check of one relayed port."""

    def __init__(
        self, client: TurnClient, relayed: TransportAddress, stun: StunSocket, egress: Egress
    ) -> None:
        self.proof = PortProof(relayed.port)
        self._client = client
        self.relayed = relayed
        self._sock = stun.sock
        self._egress = egress
        self._permitted: set[str] = set()
        self._slow = 0.0  # seconds that one request took over the control channel
        self._mark = os.urandom(8)
        self._times: list[float] = []  # when each datagram was sent
        self._rejections = 0
        loop = asyncio.get_running_loop()
        self._arrived: asyncio.Future[TransportAddress] = (
            loop.create_future()
        )  # the address that the server received it from
        self._returned: asyncio.Future[None] = loop.create_future()
        stun.on_other = self._take_arrival
        client.on_data.append(self._take_data)

    async def run_round(self) -> None:
        """Send up to three datagrams out, then up to three in; call again for directions without an answer.

        Raises TurnRefused, OSError or EOFError if the control channel fails.
        """
        start = now()
        await self._permit(self._egress.hosts)
        self._slow = now() - start
        if not self._arrived.done() and not await self._repeat(self._arrived, self._send_out):
            self.proof.outbound = None if self._client.broken else False
            return
        self.proof.outbound = True
        peer = self._arrived.result()
        self._egress.learn(peer.host)
        if await self._repeat(self._returned, lambda: self._client.send(self._payload(0), peer)):
            self.proof.inbound = True
        else:
            self.proof.inbound = None if self._client.broken else False

    async def _repeat(
        self, answer: "asyncio.Future[TransportAddress] | asyncio.Future[None]", send: Callable[[], None]
    ) -> bool:
        for wait in (*_WAITS[:-1], max(_WAITS[-1], _SLOW * self._slow)):
            send()
            await asyncio.wait({answer}, timeout=wait)
            if answer.done():
                return True
            if self._rejections >= _ICMP_ENOUGH or self._client.broken:
                return False
            if answer is self._arrived:
                with suppress(
                    TurnRefused
                ):  # a server may refuse that many; the important ones are already permitted
                    await self._permit(self._egress.neighbours)
        return False

    async def _permit(self, hosts: set[str]) -> None:
        if wanted := hosts - self._permitted:
            await self._client.permit(sorted(wanted))
            self._permitted |= wanted

    def _send_out(self) -> None:
        self._times.append(now())
        self.proof.sent = len(self._times)
        try:
            self._sock.send(self._payload(len(self._times) - 1), self.relayed)
        except OSError:  # this host's own firewall, or no route
            self._reject()

    def _payload(self, number: int) -> bytes:
        return _RTP + number.to_bytes(2, "big") + self._mark

    def _number(self, payload: bytes) -> int | None:
        """The number of one of our datagrams; None for other packets."""
        if len(payload) != 12 or payload[4:] != self._mark:
            return None
        return int.from_bytes(payload[2:4], "big")

    def _take_data(self, peer: TransportAddress, payload: bytes) -> None:
        number = self._number(payload)
        if number is None or number >= len(self._times) or self._arrived.done():
            return
        self.proof.ms = milliseconds_since(self._times[number])
        self._arrived.set_result(peer)

    def _take_arrival(self, arrival: Arrival) -> None:
        if self._number(arrival.payload) is None or (arrival.icmp and arrival.peer != self.relayed):
            return
        if arrival.icmp is None and not self._returned.done():
            self._returned.set_result(None)
        # If the server itself sends it, the server gave a wrong relayed address. Any other sender is on the
        # path.
        elif arrival.failure and arrival.icmp_from != self.relayed.host:
            self.proof.icmp_from = self.proof.icmp_from or arrival.icmp_from
            self._reject()

    def _reject(self) -> None:
        self._rejections += 1
        self.proof.rejected = True


async def host_answers(addresses: Iterable[TransportAddress]) -> bool:
    """Whether the relaying host reports a port next to one of *addresses* as unreachable (ICMP).

    If so, datagrams reach the host, and the path does not explain the missing answer from the relayed port.
    No ICMP proves nothing: many hosts do not send it.
    """
    with open_udp() as sock:
        for address in addresses:
            with suppress(OSError):  # no answer in time, or this host does not let us send
                sock.send(_RTP + bytes(10), TransportAddress(address.host, min(address.port + 1, 65535)))
                async with asyncio.timeout(_KNOCK_WAIT):
                    while (arrival := await sock.receive()).icmp_from != address.host:
                        pass
                    return arrival.failure is Failure.PORT_UNREACHABLE
    return False
