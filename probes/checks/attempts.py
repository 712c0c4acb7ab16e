"""Repeat an attempt that nobody answers, until random loss cannot explain the silence.

Each attempt uses a fresh port. Control attempts to what answers lie between them: what they lose in the same window
bounds the loss of the line (Clopper-Pearson, probes/net/loss.py). "Dropped" means that a line at this bound would lose
all attempts less than once in a million times. What may be loss is inconclusive.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from probes.checks.context import ProbeContext
from probes.net.clock import milliseconds_since, now
from probes.net.loss import LossMeter, attempts_needed, interval_of, upper_of
from probes.net.sockets import connect_tcp
from probes.net.tcp_info import tcp_info
from probes.protocol.failures import EgressDenied, Failure, NetworkError
from probes.protocol.frozen import frozen

T = TypeVar("T")

# Seconds until the second attempt. Most healthy lines answer sooner, and so get no packet more than they need.
_FIRST_GAP: Final = 0.25
_GAP: Final = 0.04  # seconds between the others: far enough apart that a burst hits the controls, too
# Seconds without an answer after which an attempt counts as lost; longer on a line with long round trips.
PATIENCE: Final = 0.65
_ROUND_TRIPS: Final = 2
_POLL: Final = 0.02  # seconds
# How many attempts to start is planned earlier: by the controls that had this many seconds, or round trips.
_QUICK: Final = 0.15
_QUICK_ROUND_TRIPS: Final = 3
# Where nothing answers at all, this many attempts are made: this rules out a line that loses a third.
_BLIND: Final = 12
_MOST: Final = 48  # attempts; a line that needs more is too bad to tell


@frozen
class Flow:
    """What the attempts try to reach."""

    transport: str  # tcp or udp
    address: str
    port: int


@dataclass(slots=True)
class Repeated(Generic[T]):
    """The attempts at one flow."""

    attempt: Callable[[], Coroutine[Any, Any, T]]
    flow: Flow
    context: ProbeContext
    limit: float  # seconds for all of it
    patience: float = PATIENCE
    first_gap: float = _FIRST_GAP
    # Whether the attempt of that number, as old as that, is lost, given the patience of this line.
    is_lost: Callable[[int, float, float], bool] = lambda _number, age, patience: age >= patience
    avoids: bool = True  # controls go to other places than the flow's own
    round_trips: int = _ROUND_TRIPS  # until the first answer of an attempt counts as late
    # Whether no attempt has got beyond TCP's handshake: then `patience` and `round_trips` are those of a connection.
    is_connecting: Callable[[], bool] = lambda: False
    _start: float = field(default_factory=now)
    _tries: dict["asyncio.Task[T]", float] = field(default_factory=dict)

    async def run(self) -> T:
        """The first answer; raises it if it is an error.

        Raises TimeoutError if the packets are dropped, NetworkError(inconclusive) if it may be loss, and notes
        `attempts`, `loss_low_percent`, and `loss_high_percent` then.
        """
        self.context.judges_silence = True
        try:
            return (await self._first_answer()).result()
        finally:
            for task in self._tries:
                task.cancel()
            await asyncio.gather(*self._tries, return_exceptions=True)
            self._tries.clear()  # a task's error holds this frame: no circle

    async def _first_answer(self) -> "asyncio.Task[T]":
        self._try_again()
        task = await self._answer(min(self.first_gap, self.limit))
        while task is None:
            self._go_on()
            task = await self._answer(_GAP if self._is_short() else _POLL)
            if task is None and (failure := self._judge()) is not None:
                # Where this host was busy, answers may have arrived that nobody has read yet.
                task = await self._answer(_POLL)
                if task is None:
                    self._note()
                    raise failure
        return task

    def _try_again(self) -> None:
        self._tries[asyncio.create_task(self.attempt())] = now()

    def _go_on(self) -> None:
        """Start one more attempt, and a control beside it, if more are needed and can still be answered in time."""
        if self._is_short():
            self._try_again()
            place = (self.flow.address, self.flow.port)
            self.context.shared.controls.make(self.flow.transport, place if self.avoids else None)

    async def _answer(self, seconds: float) -> "asyncio.Task[T] | None":
        """An attempt that was answered, waiting up to *seconds* for one."""
        end = now() + seconds
        while (left := end - now()) > 0:
            await self._wait(left)
            for task in self._tries:
                if task.done() and not self._is_silent(task):
                    return task
        return None

    async def _wait(self, seconds: float) -> None:
        running = [task for task in self._tries if not task.done()]
        if running:
            await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    def _is_silent(self, task: "asyncio.Task[T]") -> bool:
        """Whether the ended *task* tells nothing: it gave up, or the packet limit held it back."""
        error = task.exception()
        if _is_held_back(task) and len(self._tries) > 1:
            return True
        return isinstance(error, TimeoutError) and not isinstance(error, NetworkError)

    def _is_short(self) -> bool:
        """Whether more attempts are needed, by what is known so far, and one more can be answered in time."""
        if len(self._tries) >= _MOST or now() - self._start > self.limit - self._patience:
            return False
        quick = max(_QUICK, _QUICK_ROUND_TRIPS * self.context.shared.controls.slowest)
        return len(self._tries) < self._needed(
            self._patience if self._is_settled() else min(quick, self._patience)
        )

    def _is_settled(self) -> bool:
        """Whether every attempt, and the control beside it, had its time."""
        return now() - max(self._tries.values()) > self._patience + 2 * _POLL

    @property
    def _patience(self) -> float:
        connecting = self.is_connecting()
        least, round_trips = (PATIENCE, _ROUND_TRIPS) if connecting else (self.patience, self.round_trips)
        return max(least, round_trips * self.context.shared.controls.slowest + 0.2)

    def _judge(self) -> OSError | None:
        """What to raise once the attempts decide, or the time is over."""
        lost = self._lost
        if lost >= self._needed(self._patience):
            return TimeoutError()
        is_over = now() - self._start >= self.limit
        if is_over or (lost == len(self._tries) and self._is_settled() and not self._is_short()):
            return NetworkError(Failure.INCONCLUSIVE)
        return None

    @property
    def _lost(self) -> int:
        """How many attempts had their time."""
        return sum(
            self.is_lost(number, now() - started, self._patience) and not _is_held_back(task)
            for number, (task, started) in enumerate(self._tries.items())
        )

    def _needed(self, patience: float) -> int:
        line = self._line(patience)
        return _BLIND if line is None else max(2, attempts_needed(upper_of(*line)))

    def _line(self, patience: float) -> tuple[LossMeter, LossMeter] | None:
        """The controls that had *patience* seconds, and the meter of the plan; None if nothing ever answered."""
        controls = self.context.shared.controls
        counted = controls.count(self._start, now() - patience)
        same = counted[self.flow.transport]
        other = counted["udp" if self.flow.transport == "tcp" else "tcp"]
        used = same if same.sent > same.lost or not other.sent > other.lost else other
        meter = self.context.loss
        if used.sent == used.lost and meter.sent == meter.lost and controls.is_blind:
            return None
        return used, meter

    def _note(self) -> None:
        line = self._line(self._patience)
        self.context.note(attempts=self._lost)
        if line is not None:
            low, high = interval_of(*line)
            self.context.note(loss_low_percent=round(100 * low, 1), loss_high_percent=round(100 * high, 1))


async def open_tcp(flow: Flow, context: ProbeContext) -> float:
    """Milliseconds that one TCP handshake takes, from a port of its own; raises OSError.

    Where the kernel measured less, this process was busy.
    """
    start = now()
    with await connect_tcp(flow.address, flow.port) as sock:
        ms, by_kernel = milliseconds_since(start), round(1000 * tcp_info(sock).round_trip, 2)
    context.shared.controls.learn("tcp", flow.address, flow.port, now() - start)
    return min(ms, by_kernel or ms)


def _is_held_back(task: "asyncio.Task[Any]") -> bool:
    """Whether nothing was sent, because of the packet limit."""
    return task.done() and isinstance(task.exception(), EgressDenied)
