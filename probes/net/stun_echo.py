"""Send small STUN requests at an even pace, and note which are answered and after how long (RFC 8489).

Each request is sent once and never again: what is missing in the end was lost, or its answer was.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from probes.net.clock import now
from probes.net.loss import LossMeter
from probes.net.stun import (
    MalformedError,
    StunClass,
    StunMethod,
    make_message,
    pack_message,
    parse_message,
)
from probes.net.udp import UdpSocket
from probes.protocol.failures import EgressDenied

# An answer is given up after this many of the longest round trips so far, and never sooner or later than these. Before
# the first answer, nobody knows how far the server is: then it is given up as late as possible.
_ROUND_TRIPS: Final = 2.0
_SOONEST, _LATEST = 0.25, 0.8  # seconds


@dataclass(slots=True)
class Echo:
    """One request and its answer."""

    sent: float
    ms: float | None = None  # None: no answer so far
    given_up: bool = False


class EchoTrain:
    """A train of requests from one connected *sock*; *meter* counts each as soon as its fate is known."""

    def __init__(self, sock: UdpSocket, meter: LossMeter) -> None:
        self.echoes: list[Echo] = []
        self.stopped = False  # this host refuses to send more
        self._sock, self._meter = sock, meter
        self._waiting: dict[bytes, Echo] = {}
        self._longest = 0.0  # seconds
        self._news = asyncio.Event()

    @property
    def answered(self) -> list[float]:
        """Round trips in milliseconds, in the order of sending."""
        return [echo.ms for echo in self.echoes if echo.ms is not None]

    @property
    def lost(self) -> int:
        """How many requests have no answer."""
        return sum(echo.ms is None for echo in self.echoes)

    @property
    def patience(self) -> float:
        """Seconds after which an answer no longer counts as on its way."""
        return min(max(_SOONEST, _ROUND_TRIPS * self._longest), _LATEST) if self._longest else _LATEST

    async def send(self, count: int, spacing: float) -> None:
        """Send *count* requests, one every *spacing* seconds; stops early if this host refuses to send."""
        start = now()
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number * spacing - now()))
            self._give_up()
            if not self._send_one():
                self.stopped = True
                return

    async def settle(self) -> None:
        """Return once every request is answered or given up."""
        while waiting := [echo.sent for echo in self._waiting.values() if not echo.given_up]:
            self._news.clear()
            left = min(waiting) + self.patience - now()
            try:
                async with asyncio.timeout(max(0.0, left)):
                    await self._news.wait()
            except TimeoutError:
                self._give_up()

    def _send_one(self) -> bool:
        message = make_message(StunMethod.BINDING, StunClass.REQUEST)
        try:
            self._sock.send(pack_message(message))
        except (OSError, EgressDenied):
            return False
        echo = Echo(now())
        self.echoes.append(echo)
        self._waiting[message.transaction] = echo
        return True

    def _give_up(self) -> None:
        """Count requests as lost that had time enough. An answer that comes later still counts."""
        oldest = now() - self.patience
        for echo in self._waiting.values():
            if not echo.given_up and echo.sent <= oldest:
                echo.given_up = True
                self._meter.record(answered=False)

    async def listen(self) -> None:
        """Take answers until cancelled. ICMP errors are no answers."""
        while True:
            arrival = await self._sock.receive()
            if arrival.icmp is not None:
                continue
            arrived = now() - arrival.waited
            try:
                message = parse_message(arrival.payload)
            except MalformedError:
                continue
            echo = self._waiting.pop(message.transaction, None)
            if echo is None or message.kind is StunClass.INDICATION:
                continue
            seconds = max(0.0, arrived - echo.sent)
            echo.ms, self._longest = seconds * 1000, max(self._longest, seconds)
            if echo.given_up:
                self._meter.take_back()
            self._meter.record(answered=True)
            self._news.set()


@asynccontextmanager
async def open_train(sock: UdpSocket, meter: LossMeter) -> AsyncIterator[EchoTrain]:
    """A train that receives answers until the block ends."""
    train = EchoTrain(sock, meter)
    listening = asyncio.create_task(train.listen())
    try:
        yield train
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
