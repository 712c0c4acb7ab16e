"""One connection from a relay to its hub: handshake, messages, keep-alive.

Every failure raises `LinkError` with a sentence that an operator can act on.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from probes.protocol.invitation import check_hub
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity
from probes.protocol.message_codec import read, write
from probes.protocol.messages import Challenge, Hello, Ping, Pong, Proof, Rejection, RelayMessage, Welcome
from probes.protocol.signing import prove
from probes.protocol.token_bucket import TokenBucket
from probes.relay.dial import open_socket
from probes.relay.dial_errors import LinkError, cut, late
from probes.relay.hub_address import HubAddress
from probes.relay.websocket import FrameError, WebSocket

DIAL: Final = 20.0  # seconds for proxy, TLS, upgrade and handshake together
# While a plan is in progress, a lost connection must be noticed sooner than by the hub's pings: we send our
# own this often.
BUSY_BEAT: Final = 3.0
BUSY_SILENCE: Final = 8.0
# Frames from a hub: plans, acknowledgments and pings. A hub that sends more is broken or hostile.
FRAMES_A_SECOND: Final = 100.0
FRAMES_AT_ONCE: Final = 1_000.0


@dataclass(slots=True, eq=False)
class Link:
    """An established connection to the hub, after its welcome message."""

    socket: WebSocket
    welcome: Welcome
    hub_time: "HubTime"
    _outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _frames: TokenBucket = field(
        default_factory=lambda: TokenBucket.full(FRAMES_AT_ONCE, FRAMES_A_SECOND, time.monotonic())
    )
    _heard: float = field(default_factory=time.monotonic)
    _pings: int = 0

    def say(self, message: RelayMessage) -> None:
        """Queue *message* for sending."""
        self._outbox.put_nowait(write(message))

    async def send_all(self) -> None:
        """Send queued messages until cancelled."""
        while True:
            await self.socket.send(await self._outbox.get())
            self._outbox.task_done()

    async def flush(self) -> None:
        """Wait until all queued messages have been handed to the network."""
        await self._outbox.join()

    async def hear(self, patience: float) -> RelayMessage | None:
        """The next message; answers pings. None after *patience* seconds. Raises LinkError if the connection ends."""
        try:
            async with asyncio.timeout(patience):
                message = await self._read()
        except TimeoutError:
            return None
        match message:
            case Ping():
                self.say(Pong(message.n, time.time()))
                if message.n % 40 == 0:  # about every ten minutes, since clocks drift
                    self.ping()
            case Pong():
                self.hub_time.set(message.time)
            case Rejection():
                raise LinkError(message.sentence, message.reason, message.retry, message.proof)
        return message

    def ping(self) -> None:
        """Check that the hub is there, and ask for its time."""
        self._pings += 1
        self.say(Ping(self._pings))

    @property
    def silence(self) -> float:
        """Seconds since the last message."""
        return time.monotonic() - self._heard

    async def _read(self) -> RelayMessage:
        message = await hear_one(self.socket)
        self._heard = now = time.monotonic()
        if not self._frames.take(now):
            raise LinkError("the hub sends this relay too many messages", "flood", 60.0)
        return message


@dataclass(slots=True)
class HubTime:
    """The hub's clock, carried forward by our monotonic clock, because this host's clock may be wrong."""

    _offset: float = 0.0  # hub's clock minus our monotonic clock

    def set(self, seconds: float) -> None:
        """Set the hub's current time to *seconds* since the epoch."""
        self._offset = seconds - time.monotonic()

    def now(self) -> float:
        """The hub's time, in seconds since the epoch."""
        return time.monotonic() + self._offset

    def ahead(self) -> float:
        """Seconds by which this host's clock is ahead of the hub's."""
        return round(time.time() - self.now(), 3)


@asynccontextmanager
async def dial(
    hub: HubAddress, hello: Hello, me: Identity, hub_time: HubTime, token: str = ""
) -> AsyncIterator[Link]:
    """Connect, prove our identity, and yield the link; raises LinkError."""
    socket: WebSocket | None = None
    try:
        async with asyncio.timeout(DIAL):
            socket = await open_socket(hub)
            welcome = await _greet(socket, hello, me, hub_time, token)
    except BaseException as error:
        if socket:
            await socket.close()
        if isinstance(error, OSError):
            raise late(hub.url) if isinstance(error, TimeoutError) else cut(hub.url) from error
        raise
    link = Link(socket, welcome, hub_time)
    sending = asyncio.create_task(link.send_all())
    try:
        yield link
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await socket.close()


async def _greet(socket: WebSocket, hello: Hello, me: Identity, hub_time: HubTime, token: str) -> Welcome:
    await socket.send(write(hello))
    challenge = await hear_one(socket)
    if not isinstance(challenge, Challenge):
        raise _unexpected(challenge)
    await socket.send(write(Proof(prove(hello, challenge, token, me), token)))
    welcome = await hear_one(socket)
    if not isinstance(welcome, Welcome):
        raise _unexpected(welcome)
    hub_time.set(welcome.time)
    return welcome


def _unexpected(message: RelayMessage) -> LinkError:
    if isinstance(message, Rejection):
        return LinkError(message.sentence, message.reason, message.retry, message.proof)
    return LinkError("the hub sent its greeting in the wrong order", "malformed", 60.0)


async def hear_one(socket: WebSocket) -> RelayMessage:
    """Read one message from the hub; raises LinkError."""
    try:
        text = await socket.receive()
        if text is not None:
            return read(text, by="hub")
    except (FrameError, WireError) as error:
        raise LinkError(f"the hub sent an invalid message: {error}", "malformed", 60.0) from None
    except (OSError, EOFError):
        raise LinkError("the connection to the hub was lost", "closed") from None
    raise LinkError("the hub closed the connection", "closed")


def hello_for(hub: HubAddress, me: Identity, version: str, probes: tuple[str, ...]) -> Hello:
    """The hello message for the hub at *hub*."""
    return Hello(check_hub(hub.url), me.key, me.sealing, version, probes)
