"""One attempt at the signaling WebSocket on a connection of its own: the upgrade, then the first frames."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.proxy_connect import open_stream
from probes.checks.websocket_frames import FrameExchange
from probes.net.clock import milliseconds_since, now
from probes.net.http1 import Head, read_head
from probes.net.tls_stream import TlsStream
from probes.net.websocket_upgrade import is_accepted, is_switched, new_key, upgrade
from probes.protocol.failures import Failure, classify
from probes.protocol.frozen import frozen
from probes.protocol.model import Step

# After this long without a reply, other attempts may start. A healthy connection replies sooner.
_STALLED_CONNECT: Final = 1.2  # seconds: a SYN was lost, or a long flight of TLS
_STALLED_UPGRADE: Final = 1.5  # seconds
_STALLED_FRAMES: Final = 0.25  # seconds, or 1.5 round trips if that is longer
_AGAIN: Final = 2  # times that TCP sends a packet again within 0.6 s, the least that an attempt waits
_ROUND_TRIPS: Final = 3  # a reply may take this many round trips before it counts as missing


class Stage(StrEnum):
    """How far an attempt came."""

    CONNECT = "connect"  # TCP, TLS, and the proxy's tunnel
    UPGRADE = "upgrade"  # the upgrade was requested
    OPEN = "open"  # it was granted
    TEXT = "text"  # the first frame was answered; what follows it is a text
    DONE = "done"  # so was the frame behind the text


@frozen
class Patience:
    """How long an attempt waits for replies, in seconds."""

    pong: float
    close: float  # for the reply to a close frame, when no pong came


@dataclass(slots=True)
class Attempt:
    """One connection. Read its fields at any time: an attempt may be cancelled before it is over."""

    step: Step
    context: ProbeContext
    stage: Stage = Stage.CONNECT
    is_over: bool = False
    failure: Failure | None = None
    is_unconfirmed: bool = False  # the peer's TCP never confirmed what was sent last
    transmissions: int = 1 + _AGAIN  # how often that was sent
    stalled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def works(self) -> bool:
        """Whether frames passed in both directions."""
        return self.is_over and self.failure is None

    @property
    def is_open(self) -> bool:
        """Whether the upgrade was granted."""
        return self.stage in (Stage.OPEN, Stage.TEXT, Stage.DONE)

    @property
    def is_silent(self) -> bool:
        """Whether nothing came back after the upgrade was granted, for the whole patience."""
        return self.is_over and self.is_open and self.failure is Failure.GENERIC_TIMEOUT_ERROR

    @property
    def is_dead(self) -> bool:
        """Whether the path or the peer took this connection away, as far as this attempt can tell."""
        if not self.is_over:
            return self.stage is Stage.UPGRADE and self.is_unconfirmed
        return self.is_open and self.failure not in (None, Failure.INCONCLUSIVE)

    async def run(self, patience: Patience, after: float = 0.0) -> None:
        """Make the attempt, *after* so many seconds. What the network does to it is in the fields."""
        await asyncio.sleep(after)
        try:
            with await self._connect() as stream:
                try:
                    self.failure = await self._talk(stream, patience)
                finally:
                    self.is_unconfirmed = stream.tcp.unacknowledged > 0
                    # A peer that confirms it and stays silent sends its reply again as often.
                    self.transmissions = 1 + (stream.tcp.resent_now if self.is_unconfirmed else _AGAIN)
        except (OSError, EOFError) as error:
            self.failure = classify(error)
            if self.failure is Failure.PROBE_CRASHED:
                raise
        self.is_over = True

    async def _connect(self) -> TlsStream:
        timer = asyncio.get_running_loop().call_later(_STALLED_CONNECT, self.stalled.set)
        try:
            return await open_stream(self.step, self.context)
        finally:
            timer.cancel()

    async def _talk(self, stream: TlsStream, patience: Patience) -> Failure | None:
        key, start = new_key(), now()
        path = str(self.step.params.get("path", "/signal"))
        self.stage = Stage.UPGRADE
        timer = asyncio.get_running_loop().call_later(_STALLED_UPGRADE, self.stalled.set)
        try:
            await stream.write(upgrade(self.step.target.host, path, key))
            head = await read_head(stream.read)
        finally:
            timer.cancel()
        failure = judge_upgrade(head, key)
        self.context.note(
            status=head.status,
            server=head.get("server"),
            upgraded=failure is None,
            auth_schemes=head.auth_schemes,
            ms=milliseconds_since(start),
        )
        if failure is not None:
            return failure
        self.stage = Stage.OPEN
        return await self._exchange(stream, head.rest, patience)

    async def _exchange(self, stream: TlsStream, rest: bytes, patience: Patience) -> Failure | None:
        """Send the first frames, and a close frame at the end or where no reply comes."""
        frames, start, round_trip = FrameExchange(), now(), stream.tcp.round_trip
        stall = max(_STALLED_FRAMES, 1.5 * round_trip)
        timer = asyncio.get_running_loop().call_later(stall, self.stalled.set)
        try:
            frames.receive(rest)
            if not frames.is_over:
                await _send(stream, frames.opening())
                await self._replies(stream, frames, max(patience.pong, _ROUND_TRIPS * round_trip))
            if not frames.is_over or frames.failure is None:
                await _send(stream, frames.closing())
            if not frames.is_over:
                await self._replies(stream, frames, max(patience.close, _ROUND_TRIPS * round_trip))
        finally:
            timer.cancel()
            self._note(frames)
        if not frames.is_over:
            # A message came, or nothing did.
            return Failure.INCONCLUSIVE if frames.has_message else Failure.GENERIC_TIMEOUT_ERROR
        if frames.failure is None:
            self.stage = Stage.DONE
            self.context.note(frames_ms=milliseconds_since(start))
        return frames.failure

    async def _replies(self, stream: TlsStream, frames: FrameExchange, limit: float) -> None:
        """Take frames until they decide, or for *limit* seconds; raises EOFError where the peer hangs up."""
        try:
            async with asyncio.timeout(limit):
                while not frames.is_over:
                    chunk = await stream.read()
                    if not chunk:
                        raise EOFError
                    frames.receive(chunk)
                    if frames.first_answered:
                        self.stage = Stage.TEXT
        except TimeoutError:
            return

    def _note(self, frames: FrameExchange) -> None:
        if frames.close_code:
            self.context.note(close_code=frames.close_code, close_reason=frames.close_reason)


def judge_upgrade(head: Head, key: str) -> Failure | None:
    """The failure in *head*, the response to an upgrade request with *key* (RFC 6455 section 4.1)."""
    if head.status == 407:
        return Failure.PROXY_AUTH_REQUIRED
    if head.status >= 400:
        return Failure.WEBSOCKET_UPGRADE_REFUSED
    if not is_switched(head):
        return Failure.WEBSOCKET_UPGRADE_STRIPPED
    # A server that does not speak WebSocket may have answered.
    return None if is_accepted(head, key) else Failure.HTTP_MALFORMED_RESPONSE


async def _send(stream: TlsStream, content: bytes) -> None:
    """Send *content*. A peer that is gone is found out by reading: a close frame may have come before."""
    try:
        await stream.write(content)
    except OSError:
        return
