"""Measure the round trip while the line to a TURN server is filled, for at most two seconds.

Routers with large buffers hold packets back as long as the line is busy, and calls with them. What is sent goes no
farther than the TURN server: it discards data for an address without a permission (RFC 8656, section 11).
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.checks.media_allocations import Held, endpoints_of
from probes.checks.second_server import open_echo
from probes.checks.targets import addresses_of
from probes.net.clock import now
from probes.net.loss import LossMeter
from probes.net.stun_echo import EchoTrain
from probes.net.turn import open_allocation
from probes.net.turn_session import Credentials, TurnRefused, TurnSession
from probes.net.turn_transport import Stream, TurnEndpoint
from probes.protocol.failures import Failure
from probes.protocol.model import Step, Target

MOST_BYTES: Final = 2_000_000  # with the headers of all packets
_MOST_SECONDS: Final = 2.0
_SHORTEST: Final = 0.5  # seconds; a line that is filled for less time shows nothing
_ANSWERS: Final = 8  # round trips that are needed
_STREAMS: Final = ("tcp", "tls")  # best first
_HEADERS: Final = 1.08  # bytes on the line for each byte that is written, and some that are sent again
_CONTENT: Final = 1200  # bytes
_CONNECTIONS: Final = 6  # a server that takes 64 kB at a time on each does not keep long buffers from filling
_AT_ONCE: Final = 8  # messages, so that requests leave in between
_POLL: Final = 0.01  # seconds
# The requests: before the line is filled, and meanwhile. Those of the first moment are left out: TCP starts slowly.
_IDLE: Final = (10, 0.01)
_LOADED: Final = (100, 0.02)
_START: Final = 0.25  # seconds
# A buffer is blamed only if the round trip grows by more than this factor: the line may just be long.
_GROWTH: Final = 2


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: rtt_ms before, seconds and kilobytes of the fill, loaded_rtt_ms, exceeded_loaded_rtt_ms.

    Inconclusive if there is no allocation, if the line took all of it in under half a second, or if too few requests
    were answered.
    """
    endpoints = [way for way in await endpoints_of(step, context) if way.transport in _STREAMS]
    server = await _stun_server(step, context)
    if not endpoints or server is None:
        return Failure.INCONCLUSIVE
    endpoint = min(endpoints, key=lambda way: _STREAMS.index(way.transport))
    async with AsyncExitStack() as stack:
        entered = (stack.enter_async_context(_allocation(endpoint, step)) for _ in range(_CONNECTIONS))
        opened = await asyncio.gather(*entered, return_exceptions=True)
        held = [pair for pair in opened if not isinstance(pair, BaseException)]
        if not held:
            return _failure(next(error for error in opened if isinstance(error, BaseException)))
        train = await stack.enter_async_context(open_echo(server, LossMeter()))
        await train.send(*_IDLE)
        await train.settle()
        if not train.answered:
            return Failure.INCONCLUSIVE
        idle = median(train.answered)
        context.note(rtt_ms=round(idle, 1))
        message = TurnSession.indication(bytes(_CONTENT), held[0][1].relayed)
        most = min(MOST_BYTES, int(step.params.get("bytes", MOST_BYTES)))
        line = FilledLine([client.stream for client, _ in held if client.stream], train, most)
        await line.run(message)
    context.note(seconds=round(line.seconds, 2), kilobytes=line.written // 1000)
    context.note(**judge(idle, line.loaded, line.seconds, step.params.get("limits", {})))
    return None if "loaded_rtt_ms" in context.facts else Failure.INCONCLUSIVE


def _failure(error: BaseException) -> Failure:
    """What the server refused; raises other errors, which the runner reads."""
    if isinstance(error, TurnRefused):
        return error.failure
    raise error


def _allocation(endpoint: TurnEndpoint, step: Step) -> AbstractAsyncContextManager[Held]:
    return open_allocation(endpoint, TurnSession(Credentials.given(step.secrets)))


def judge(
    idle: float, loaded: Sequence[float], seconds: float, limits: Mapping[str, Any]
) -> dict[str, float]:
    """The facts, from round trips (ms) before the line was filled and while it was; nothing if they are too few."""
    if seconds < _SHORTEST or len(loaded) < _ANSWERS:
        return {}
    rtt = median(loaded)
    facts = {"loaded_rtt_ms": round(rtt, 1)}
    limit = limits.get("loaded_rtt_ms")
    if limit is not None and rtt > limit and rtt > _GROWTH * idle:
        facts["exceeded_loaded_rtt_ms"] = limit
    return facts


async def _stun_server(step: Step, context: ProbeContext) -> tuple[str, int] | None:
    """The address of the first of `servers`; None if its name has none."""
    for server in step.params.get("servers", ()):
        part = Step(step.id, step.probe, Target("stun", str(server["host"]), int(server["port"]), "udp"), 0.0)
        v4, v6 = await addresses_of(part, context)
        return ((v4 or v6)[0], part.target.port) if v4 or v6 else None
    return None


@dataclass(slots=True)
class FilledLine:
    """Connections that are filled, and requests beside them."""

    streams: Sequence[Stream]
    train: EchoTrain
    most: int  # bytes with all headers
    written: int = 0  # bytes
    seconds: float = 0.0
    _begun: float = field(default_factory=now)

    async def run(self, message: bytes) -> None:
        """Send *message* again and again until the line took `most` bytes, for two seconds at the longest."""
        self._begun = now()
        asking = asyncio.create_task(self.train.send(*_LOADED))
        try:
            with suppress(TimeoutError, OSError):  # what the server took until then counts
                async with asyncio.timeout(_MOST_SECONDS):
                    await asyncio.gather(*(self._fill(stream, message * _AT_ONCE) for stream in self.streams))
        finally:
            self.seconds = now() - self._begun
            for stream in self.streams:
                stream.close()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await self.train.settle()

    async def _fill(self, stream: Stream, messages: bytes) -> None:
        while _HEADERS * (self.written + len(messages)) <= self.most:
            self.written += len(messages)
            await stream.write(messages)
            await asyncio.sleep(0)
        while stream.unconfirmed:  # noqa: ASYNC110 - the kernel gives no sign when it is done
            await asyncio.sleep(_POLL)

    @property
    def loaded(self) -> list[float]:
        """The round trips (ms) of the requests that left while the line was full."""
        first, last = self._begun + _START, self._begun + self.seconds
        return [echo.ms for echo in self.train.echoes if echo.ms is not None and first <= echo.sent <= last]
