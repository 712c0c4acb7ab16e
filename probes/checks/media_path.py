"""Check one media port in both directions: a datagram to a relayed address, and one back.

A media path is a local UDP port and a TURN allocation. A datagram from the port reaches the relayed address
just as media would. The server reports it over the control channel, and sends a datagram back on request.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from probes.checks import media_long
from probes.checks.media_egress import Egress
from probes.checks.media_long import LongDatagrams
from probes.checks.media_verdict import PortProof
from probes.net.clock import milliseconds_since, now
from probes.net.stun import TransportAddress
from probes.net.stun_client import StunSocket
from probes.net.turn import TurnClient
from probes.net.turn_session import TurnRefused
from probes.net.udp import Arrival

# Seconds after each datagram: three within 0.6 s, so that random loss does not look like a firewall rule.
_WAITS: Final = (0.15, 0.2, 0.25)
_WAITS_AGAIN: Final = (
    *[0.04] * 7,
    0.25,
)  # of the other rounds: eight datagrams, since loss may explain the first three
# The wait after the last one is longer if the control channel is slow: this many of its round trips.
_SLOW: Final = 2
_POLL: Final = 0.02  # seconds
_ICMP_ENOUGH: Final = 2  # after this many ICMP errors the port is rejected
# Version 2, payload type 0: an RTP header, as media must pass (RFC 3550 section 5.1). Our mark replaces
# timestamp and source.
_RTP: Final = b"\x80\x00"


class MediaPath:
    """The check of one relayed port."""

    def __init__(
        self,
        client: TurnClient,
        relayed: TransportAddress,
        stun: StunSocket,
        egress: Egress,
        long: LongDatagrams | None = None,
    ) -> None:
        self.long = long
        self.proof = PortProof(relayed.port)
        self._client = client
        self.relayed = relayed
        self._sock = stun.sock
        self._egress = egress
        self._slow = 0.0  # seconds that one request took over the control channel
        self._mark = os.urandom(8)
        self._times: list[float] = []  # when each datagram was sent
        self._rejections = 0
        self.first_round_over = asyncio.Event()
        self._repeated: list[object] = []  # the answers that were waited for, once for each round
        loop = asyncio.get_running_loop()
        self._arrived: asyncio.Future[TransportAddress] = (
            loop.create_future()
        )  # the address that the server received it from
        self._returned: asyncio.Future[None] = loop.create_future()
        stun.on_other = self._take_arrival
        client.on_data.append(self._take_data)

    @property
    def is_usable(self) -> bool:
        """Whether another round may say more: nobody rejected the datagrams, and the control channel works."""
        return not self.proof.rejected and not self._client.broken

    async def run_round(self) -> None:
        """Send up to three datagrams out, then up to three in; call again for directions without an answer.

        A direction is lost only if the control channel still works after the last datagram: on a stream, all that the
        server reported before has arrived by then. Raises TurnRefused, OSError or EOFError if the channel fails.
        """
        start = now()
        await self._client.permit_once(self._egress.hosts)
        self._slow = now() - start
        if not self._arrived.done() and not await self._send(
            self._arrived, self._send_out, self._send_long_out
        ):
            self.proof.outbound = None if self._client.broken else False
            return
        self.proof.outbound, self.proof.sent = True, max(1, self.proof.sent)
        peer = self._arrived.result()
        self._egress.learn(peer.host)
        if await self._send(self._returned, lambda: self._send_in(peer), lambda: self._send_long_in(peer)):
            self.proof.inbound, self.proof.sent_in = True, max(1, self.proof.sent_in)
        else:
            self.proof.inbound = None if self._client.broken else False

    async def prove_long(self, loss: float) -> None:
        """Where short datagrams pass, find out whether long ones do; *loss* is the upper bound for the line."""
        long = self.long
        if long and self.proof.outbound and long.out is None:
            is_sure = await long.repeat(loss, self._send_long_out, lambda: long.out)
            await self._wait_for_server()  # what it reported before has arrived then
            long.out = long.out or (False if is_sure and not self._client.broken else None)
        if long and self.proof.inbound and long.back is None:
            peer = self._arrived.result()
            is_sure = await long.repeat(loss, lambda: self._send_long_in(peer), lambda: long.back)
            long.back = long.back or (False if is_sure and not self._client.broken else None)

    async def _send(
        self,
        answer: "asyncio.Future[TransportAddress] | asyncio.Future[None]",
        short: Callable[[], None],
        long: Callable[[], None],
    ) -> bool:
        if self.long:
            await self.long.begin(answer, long)
        return answer.done() or await self._repeat(answer, short)

    async def _repeat(
        self, answer: "asyncio.Future[TransportAddress] | asyncio.Future[None]", send: Callable[[], None]
    ) -> bool:
        waits = _WAITS_AGAIN if answer in self._repeated else _WAITS
        self._repeated.append(answer)
        last = max(waits[-1], _SLOW * self._slow)
        for wait in (*waits[:-1], last):
            send()
            await asyncio.wait({answer}, timeout=wait)
            if answer.done():
                return True
            self._egress.silence.set()
            if self._rejections >= _ICMP_ENOUGH or self._client.broken:
                return False
            if answer is self._arrived:
                with suppress(
                    TurnRefused
                ):  # a server may refuse that many; the important ones are already permitted
                    await self._client.permit_once(self._egress.neighbours)
        await self._wait_for_server()
        await asyncio.wait({answer}, timeout=last if answer is self._returned else _POLL)
        return answer.done()

    async def _wait_for_server(self) -> None:
        """Return once the server answered a request over the control channel."""
        with suppress(TurnRefused):
            await self._client.permit(sorted(self._egress.hosts)[:1])

    def _send_in(self, peer: TransportAddress) -> None:
        self.proof.sent_in += 1
        self._client.send(self._payload(0), peer)

    def _send_long_in(self, peer: TransportAddress) -> None:
        self._client.send(self._payload(media_long.NUMBER).ljust(media_long.SIZE, b"\0"), peer)

    def _send_long_out(self) -> None:
        self._sock.send(self._payload(media_long.NUMBER).ljust(media_long.SIZE, b"\0"), self.relayed)

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
        if payload[4:12] != self._mark or payload[12:].strip(b"\0"):
            return None
        return int.from_bytes(payload[2:4], "big")

    def _take_data(self, peer: TransportAddress, payload: bytes) -> None:
        number = self._number(payload)
        if self.long and number == media_long.NUMBER:
            self.long.take_out()
            sent = self.long.sent_at
        elif number is not None and number < len(self._times):
            sent = self._times[number]
        else:
            return
        if self._arrived.done():
            return
        self.proof.ms = milliseconds_since(sent)
        self._arrived.set_result(peer)

    def _take_arrival(self, arrival: Arrival) -> None:
        if self._number(arrival.payload) is None or (arrival.icmp and arrival.peer != self.relayed):
            return
        if arrival.icmp is None and self.long and self._number(arrival.payload) == media_long.NUMBER:
            self.long.take_back()
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
