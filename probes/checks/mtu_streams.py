"""Find out whether TLS gets stuck at the first full-size packet, in either direction.

The first attempt sends a ClientHello of more than one packet; the server's certificates fill several. If it stalls,
others run beside it that differ in one thing only: the SYN asks for shorter packets. The peer's TCP confirms what
arrived, so no request is sent, and the server logs none.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from probes.checks.mtu_datagrams import FULL, SHORT
from probes.net.clock import now
from probes.net.loss import LossMeter, attempts_needed
from probes.net.sockets import connect_tcp
from probes.net.tcp_info import TcpInfo
from probes.net.tls_stream import TlsStream
from probes.protocol.frozen import frozen

Way: TypeAlias = Literal["passes", "lost", "unknown"]

LADDER: Final = (1452, 1400, 1300, 1280, 1200)
_ALPN: Final = ("http/1.1",)
# Names of protocols that nobody speaks: the ClientHello gets longer than a packet, and the server takes the first.
_PADDED: Final = (*_ALPN, *(f"{number}".ljust(190, "-") for number in range(8)))
_SILENCE: Final = 0.7  # seconds without progress: by then TCP has sent again
_STALLED: Final = 0.35  # seconds of a first attempt before others start
_TRIPS: Final = 5  # round trips that both last at least
_SENDINGS: Final = 2  # of each packet that were lost, at least, where an attempt stalls
_FEWEST, _MOST = 4, 10  # attempts of one kind
_STAGGER: Final = 0.01  # seconds between attempts
_AGREE: Final = 2  # attempts with short packets that must get through
_CONTROLS: Final = 4  # packets of a completed attempt that were not lost, at least
_CHECK: Final = 0.05  # seconds between two judgments
_END: Final = 1.7  # seconds for all attempts beside the first


@dataclass(slots=True)
class Trial:
    """One TLS handshake. Read its fields at any time, after `refresh`."""

    longest: int = 0  # bytes of an IP packet; 0: as long as the path says
    is_padded: bool = True
    is_done: bool = False
    is_over: bool = False
    connected: float = 0.0
    waited: float = 0.0  # seconds since the connection was open
    headers: int = 40  # bytes of IP and TCP
    info: TcpInfo = field(default_factory=lambda: TcpInfo(0, 0.0))
    stream: TlsStream | None = None

    @property
    def size(self) -> int:
        """Bytes of the longest IP packet that it could send."""
        return self.longest or self.headers + self.info.sent_segment

    @property
    def hello_arrived(self) -> bool:
        """Whether the peer's TCP confirmed the whole ClientHello."""
        return self.is_done or (self.info.acknowledged > 1 and self.info.unacknowledged == 0)

    @property
    def hello_lost(self) -> bool:
        """Whether not one byte of the ClientHello was confirmed, for long enough."""
        return self.is_silent and self.info.acknowledged <= 1

    @property
    def reply_arrived(self) -> bool:
        """Whether packets came that are longer than a narrow path passes."""
        return self.is_done or self.headers + self.info.received_segment >= LADDER[0]

    @property
    def reply_lost(self) -> bool:
        """Whether the ClientHello arrived, and no long packet came back, for long enough."""
        return self.is_silent and self.hello_arrived and not self.reply_arrived

    @property
    def is_silent(self) -> bool:
        """Whether it waited long enough without success; a connection that was ended did not."""
        return not self.is_over and self.waited >= max(_SILENCE, _TRIPS * self.info.round_trip)

    async def run(self, address: str, port: int, host: str, after: float = 0.0) -> None:
        """Connect, and complete the handshake; how it went is in the fields, also if this is cancelled."""
        await asyncio.sleep(after)
        self.headers = 60 if ":" in address else 40
        try:
            mss = self.longest and self.longest - self.headers
            sock = await connect_tcp(address, port, mss=mss, speaks_first=True)
            self.connected = now()
            with TlsStream(sock, host, _PADDED if self.is_padded else _ALPN) as self.stream:
                try:
                    await self.stream.handshake()
                    self.is_done = True
                finally:
                    self.refresh()
                    self.stream = None
        except (OSError, EOFError):
            pass  # refused, ended, or not TLS: this says nothing about sizes
        self.is_over = True

    def refresh(self) -> None:
        """Read from the kernel how the connection is now."""
        if self.stream is not None:
            self.info, self.waited = self.stream.tcp, now() - self.connected


@frozen
class StreamSizes:
    """What all attempts together show."""

    out: Way = "unknown"
    back: Way = "unknown"
    largest: int = 0  # bytes of the longest IP packet that passed both ways; 0 if not known

    @property
    def is_known(self) -> bool:
        """Whether both directions have a result."""
        return "unknown" not in (self.out, self.back)


async def measure_streams(
    address: str, port: int, host: str, line: Callable[[], LossMeter], round_trip: float
) -> StreamSizes:
    """Make one attempt, and where it stalls, the others. *line* is what else is known about the loss by now."""
    patience = max(_STALLED, _TRIPS * round_trip)
    async with asyncio.TaskGroup() as group:
        work = _Trials((address, port, host), line, group)
        sizes = await work.add([Trial()], patience)
        if not sizes.is_known and work.trials[0].is_over:  # the server refused the long ClientHello
            sizes = await work.add([Trial(is_padded=False)], patience)
        if not sizes.is_known:
            sizes = await work.add(_others(line()), _END)
        for task in work.running:
            task.cancel()
    return sizes


@dataclass(slots=True)
class _Trials:
    """All attempts at one gateway: address, port, and name."""

    gateway: tuple[str, int, str]
    line: Callable[[], LossMeter]
    group: asyncio.TaskGroup
    trials: list[Trial] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    async def add(self, more: Sequence[Trial], seconds: float) -> StreamSizes:
        """Start *more*, and judge until both directions are known, all have ended, or *seconds* are over."""
        self.trials += more
        self.running |= {
            self.group.create_task(trial.run(*self.gateway, number * _STAGGER))
            for number, trial in enumerate(more)
        }
        end = now() + seconds
        while True:
            wait = min(_CHECK, max(0.0, end - now()))
            _, self.running = await asyncio.wait(
                self.running, timeout=wait, return_when=asyncio.FIRST_COMPLETED
            )
            for trial in self.trials:
                trial.refresh()
            sizes = judge_streams(self.trials, self.line())
            if sizes.is_known or not self.running or now() >= end:
                return sizes


def _others(line: LossMeter) -> list[Trial]:
    """The attempts beside the first: with long packets and with short ones in turn, then every size once."""
    count = min(_MOST, max(_FEWEST, math.ceil(attempts_needed(line.upper()) / _SENDINGS) if line.sent else 0))
    turns = [
        Trial(longest, is_padded)
        for _ in range(count)
        for longest, is_padded in ((SHORT, True), (0, True), (0, False))
    ]
    return [*turns, *(Trial(size) for size in LADDER)]


def judge_streams(trials: Sequence[Trial], line: LossMeter) -> StreamSizes:
    """What *trials* show, where *line* is what else is known about the loss."""
    full = [trial for trial in trials if not trial.longest]
    small = [trial for trial in trials if trial.longest == SHORT]
    padded = [trial for trial in full if trial.is_padded]
    line = _with(line, trials)
    return StreamSizes(
        out=_way(
            any(trial.hello_arrived for trial in padded),
            sum(trial.hello_lost for trial in padded),
            sum(trial.hello_arrived for trial in small),
            line,
        ),
        back=_way(
            any(trial.reply_arrived for trial in full),
            sum(trial.reply_lost for trial in full),
            sum(trial.is_done for trial in small),
            line,
        ),
        largest=max(
            (min(FULL, trial.size) for trial in trials if trial.is_done and trial.is_padded), default=0
        ),
    )


def _way(passes: bool, lost: int, controls: int, line: LossMeter) -> Way:
    """One direction: lost only where loss cannot explain it, and short packets got through at the same time."""
    if passes:
        return "passes"
    is_beyond_chance = lost * _SENDINGS >= attempts_needed(line.upper())
    return "lost" if is_beyond_chance and controls >= _AGREE else "unknown"


def _with(line: LossMeter, trials: Iterable[Trial]) -> LossMeter:
    """*line*, and what the completed attempts show about the loss."""
    done = [trial for trial in trials if trial.is_done]
    return LossMeter(
        line.sent + sum(_CONTROLS + trial.info.resent for trial in done),
        line.lost + sum(trial.info.resent for trial in done),
    )
