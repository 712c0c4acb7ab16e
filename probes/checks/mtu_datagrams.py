"""Find the longest datagram that reaches a STUN server: padded binding requests that nobody may fragment.

Only what leaves this host is measured, because the answers are short.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from probes.net.clock import now
from probes.net.loss import LossMeter, attempts_needed
from probes.net.sockets import open_udp
from probes.net.stun import (
    MalformedError,
    StunClass,
    StunMethod,
    TransportAddress,
    make_message,
    pack_message,
    parse_message,
)
from probes.net.udp import Arrival, UdpSocket

Reach: TypeAlias = Literal["passes", "fragmented", "partly", "lost", "unknown"]

FULL: Final = 1500  # bytes of an IP packet, as all sizes here: Ethernet's longest
DTLS: Final = 1228  # browsers send DTLS in datagrams of up to 1200 bytes
PLAIN: Final = 56  # a request without padding
SHORT: Final = 576  # every network passes it (RFC 791): shows that the server answers padded requests
LADDER: Final = (PLAIN, SHORT, 1200, DTLS, 1280, 1300, 1400, 1452, FULL)

_STEP: Final = 4  # attributes of STUN are multiples of four bytes
_PADDING: Final = 0x8FFF  # unassigned, and servers ignore what they do not know (RFC 8489 section 14)
_OVERHEAD: Final = 32  # STUN header, header of the padding, and FINGERPRINT
_FIRST: Final = (0.0, 0.08, 0.12)  # seconds before each of the first requests
_MOST_BETWEEN: Final = 25  # sizes between two of the ladder
_SETTLE: Final = 0.12  # seconds that answers may take after the last request, or two round trips
_ROUNDS: Final = ((8, 0.02), (10, 0.02), (12, 0.02))  # rounds of the whole ladder, seconds between them


@dataclass(slots=True)
class DatagramSizes:
    """What was sent and answered, by the size of the IP packet."""

    limit: int = FULL  # the longest packet that this host itself can send
    sent: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    icmp_from: str = ""  # the router that reported a packet as too long
    icmp_mtu: int = 0
    fragments_pass: bool = False  # the longest packet arrived once routers were allowed to fragment it

    @property
    def largest(self) -> int:
        """The longest packet that was answered; 0 if none was."""
        return max((size for size, count in self.answered.items() if count), default=0)

    @property
    def line(self) -> LossMeter:
        """The loss of the packets that are not too long."""
        passing = [size for size in self.sent if size <= self.largest]
        sent, answered = (sum(counts[size] for size in passing) for counts in (self.sent, self.answered))
        return LossMeter(sent, max(0, sent - answered))

    def is_lost(self, size: int, line: LossMeter) -> bool:
        """Whether the loss of *line* cannot explain that no packet of *size* was answered."""
        return size > self.largest and self.sent[size] >= attempts_needed(line.upper())

    def reach(self, line: LossMeter) -> Reach:
        """What becomes of long datagrams, given the loss of *line*, by other checks or by this one."""
        line = together(line, self.line)
        if self.largest >= self.limit:
            return "passes"
        if self.largest < SHORT:
            return "unknown"
        if self.fragments_pass or self.icmp_mtu >= DTLS:
            return "fragmented"
        if self.largest < DTLS and self.is_lost(DTLS, line):
            return "lost"
        return "partly" if self.largest >= DTLS and self.is_lost(self.limit, line) else "unknown"


def together(*meters: LossMeter) -> LossMeter:
    """What several meters measured of one line."""
    return LossMeter(sum(meter.sent for meter in meters), sum(meter.lost for meter in meters))


async def measure_datagrams(
    server: TransportAddress, sizes: DatagramSizes, line: LossMeter, round_trip: float = 0.0
) -> None:
    """Fill *sizes*. Where the longest packet is answered, two packets are enough. *round_trip* in seconds, about."""
    to = (server.host, server.port)
    with open_udp(to) as sock, open_udp(to) as other:
        sock.fragment(allowed=False)
        other.fragment(allowed=True)
        sizes.limit = min(FULL, sock.mtu - sock.mtu % _STEP)
        work = _SizeSearch(sizes, server, round_trip)
        listening = [asyncio.create_task(work.listen(one)) for one in (sock, other)]
        try:
            await work.run(sock, other, line)
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)


class _SizeSearch:
    """Requests on their way, by transaction: which size each had, and from which socket."""

    def __init__(self, sizes: DatagramSizes, server: TransportAddress, round_trip: float) -> None:
        self._sizes = sizes
        self._headers = 48 if ":" in server.host else 28  # of IP and UDP
        self._asked: dict[bytes, tuple[int, float]] = {}
        self._fragmented: set[bytes] = set()
        self._round_trip = round_trip
        self._arrived = asyncio.Event()

    async def run(self, sock: UdpSocket, other: UdpSocket, line: LossMeter) -> None:
        sizes = self._sizes
        for wait in _FIRST:
            await self._settle(wait)
            if sizes.largest >= sizes.limit:
                return
            self._send(sock, [PLAIN, sizes.limit])
        await self._settle(_SETTLE)
        if not sizes.largest or sizes.largest >= sizes.limit:
            return
        if sizes.icmp_mtu:  # a router reported the longest packet that it forwards
            self._send(sock, [sizes.icmp_mtu - sizes.icmp_mtu % _STEP] * 2)
            self._send(other, [sizes.limit] * 2, fragmented=True)
            await self._settle(_SETTLE)
            return
        ladder = [size for size in LADDER if size < sizes.limit] + [sizes.limit]
        for rounds, gap in _ROUNDS:
            for _ in range(rounds):
                self._send(sock, ladder)
                self._send(other, [sizes.limit], fragmented=True)
                await asyncio.sleep(gap)
            await self._settle(_SETTLE)
            known = together(line, sizes.line)
            if sizes.largest >= sizes.limit or all(
                sizes.is_lost(size, known) for size in ladder if size > sizes.largest
            ):
                break
        await self._refine(sock, ladder)

    async def _refine(self, sock: UdpSocket, ladder: Sequence[int]) -> None:
        """Send every size between the longest that passed and the next one of *ladder*."""
        lost = [size for size in ladder if size > self._sizes.largest]
        if lost and self._sizes.largest >= SHORT:
            start = self._sizes.largest
            step = max(1, (lost[0] - start) // _STEP // _MOST_BETWEEN) * _STEP
            for _ in range(2):
                self._send(sock, range(start + step, lost[0], step))
                await self._settle(_SETTLE / 2)

    async def listen(self, sock: UdpSocket) -> None:
        while True:
            self._take(await sock.receive())

    def _send(self, sock: UdpSocket, sizes: Iterable[int], *, fragmented: bool = False) -> None:
        for size in sizes:
            padding = bytes(max(0, size - self._headers - _OVERHEAD))
            attributes = [(_PADDING, padding)] if padding else []
            message = make_message(StunMethod.BINDING, StunClass.REQUEST, attributes)
            if fragmented:
                self._fragmented.add(message.transaction)
            else:
                self._asked[message.transaction] = (size, now())
                self._sizes.sent[size] += 1
            with suppress(OSError):  # this host does not let it out; without an answer it counts as lost
                sock.send(pack_message(message))

    def _take(self, arrival: Arrival) -> None:
        if arrival.icmp is not None:
            if arrival.icmp.mtu:
                self._sizes.icmp_from, self._sizes.icmp_mtu = arrival.icmp.sender, arrival.icmp.mtu
            return
        try:
            transaction = parse_message(arrival.payload).transaction
        except MalformedError:
            return
        if transaction in self._fragmented:
            self._sizes.fragments_pass = True
        elif asked := self._asked.pop(transaction, None):
            size, at = asked
            self._sizes.answered[size] += 1
            self._round_trip = max(self._round_trip, now() - at)
            self._arrived.set()

    async def _settle(self, seconds: float) -> None:
        """Wait for answers: for *seconds*, longer on a slow line, and no longer once the longest packet is answered."""
        end = now() + max(seconds, 2 * self._round_trip if seconds else 0.0)
        while (left := end - now()) > 0 and self._sizes.largest < self._sizes.limit:
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._arrived.wait()
