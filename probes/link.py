"""One connection from a relay to its hub: dialled, proved, and kept alive until it breaks.

Everything that goes wrong ends in a `LinkError`, whose sentence an operator can act on.
"""

import asyncio
import base64
import logging
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Final
from urllib.parse import unquote, urlsplit

import aiohttp

from probes.channel import (
    LONGEST,
    SUBPROTOCOL,
    Challenge,
    Hello,
    Message,
    Ping,
    Pong,
    Proof,
    Rejection,
    Welcome,
    read,
    write,
)  # fmt: skip
from probes.dial_errors import LinkError, put_in_words
from probes.fields import WireError
from probes.invitation import check_hub
from probes.keys import Identity
from probes.proof import prove

log: Final = logging.getLogger(__name__)

DIAL: Final = 20.0  # seconds for proxy, TLS, upgrade and greeting together
# While a plan is in hand, silence is noticed sooner than by the hub's pings: ours go out as often as this.
BUSY_BEAT: Final = 3.0
BUSY_SILENCE: Final = 8.0
# Frames of a hub: an order, its acknowledgements and pings. What sends more is broken or hostile.
FRAMES_A_SECOND: Final = 100.0
FRAMES_AT_ONCE: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the hub is, and by what it is recognised."""

    url: str
    pin: str = ""  # SHA-256 of its certificate, hex; "" for `context`
    proxy: str = ""  # http://[user:password@]host:port
    context: ssl.SSLContext | None = None  # None: the system's roots


@dataclass(slots=True, eq=False)
class Link:
    """A connection on which the hub has welcomed us."""

    socket: aiohttp.ClientWebSocketResponse
    welcome: Welcome
    hub_time: "HubTime"
    _outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _credit: float = FRAMES_AT_ONCE
    _credited: float = field(default_factory=time.monotonic)
    _heard: float = field(default_factory=time.monotonic)
    _pings: int = 0

    def say(self, message: Message) -> None:
        """Send *message* as soon as those before it are sent."""
        self._outbox.put_nowait(write(message))

    async def send_all(self) -> None:
        """Send what is said, until cancelled."""
        while True:
            await self.socket.send_str(await self._outbox.get())
            self._outbox.task_done()

    async def flush(self) -> None:
        """Wait until everything said so far has been handed to the network."""
        await self._outbox.join()

    async def hear(self, patience: float) -> Message | None:
        """The next message, pings answered; None after *patience* seconds. Raises LinkError when it is over."""
        try:
            async with asyncio.timeout(patience):
                message = await self._read()
        except TimeoutError:
            return None
        match message:
            case Ping():
                self.say(Pong(message.n, time.time()))
                if message.n % 40 == 0:  # every ten minutes or so: clocks drift
                    self.ping()
            case Pong():
                self.hub_time.set(message.time)
            case Rejection():
                raise LinkError(message.sentence, message.reason, message.retry)
        return message

    def ping(self) -> None:
        """Ask whether the hub is there, and what time it is."""
        self._pings += 1
        self.say(Ping(self._pings))

    @property
    def silence(self) -> float:
        """Seconds since anything was heard."""
        return time.monotonic() - self._heard

    async def _read(self) -> Message:
        message = await hear_one(self.socket)
        self._heard = now = time.monotonic()
        self._credit = min(FRAMES_AT_ONCE, self._credit + (now - self._credited) * FRAMES_A_SECOND)
        self._credited = now
        if self._credit < 1:
            raise LinkError("the hub floods this relay with messages", "flood", 60.0)
        self._credit -= 1
        return message


@dataclass(slots=True)
class HubTime:
    """The hub's clock, carried on by our monotonic one: our own may be wrong, and is told so."""

    _offset: float = 0.0  # of the hub's clock to our monotonic one

    def set(self, said: float) -> None:
        """Take the time that the hub has just *said*."""
        self._offset = said - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch by the hub."""
        return time.monotonic() + self._offset

    def ahead(self) -> float:
        """Seconds that our clock is ahead of the hub's."""
        return round(time.time() - self.now(), 3)


@asynccontextmanager
async def dial(
    place: Place, hello: Hello, me: Identity, hub_time: HubTime, token: str = ""
) -> AsyncIterator[Link]:
    """Connect, prove who we are, and give the link; raises LinkError."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    async with aiohttp.ClientSession(trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()) as session:
        try:
            async with asyncio.timeout(DIAL):
                socket = await _open(session, place)
                link = Link(socket, await _greeted(socket, hello, me, hub_time, token), hub_time)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise put_in_words(error, place.url, place.proxy) from error
        sending = asyncio.create_task(link.send_all())
        try:
            yield link
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await socket.close()


async def _open(session: aiohttp.ClientSession, place: Place) -> aiohttp.ClientWebSocketResponse:
    trusted = aiohttp.Fingerprint(bytes.fromhex(place.pin)) if place.pin else place.context or True
    proxy, headers = split_proxy(place.proxy)
    socket = await session.ws_connect(
        place.url,
        protocols=(SUBPROTOCOL,),
        proxy=proxy,
        proxy_headers=headers,
        ssl=trusted,
        max_msg_size=LONGEST["hub"],
        compress=0,
    )
    if socket.protocol != SUBPROTOCOL:
        await socket.close()
        raise LinkError("the other side speaks WebSocket, but is no hub of this version", "version", 60.0)
    return socket


async def _greeted(
    socket: aiohttp.ClientWebSocketResponse, hello: Hello, me: Identity, hub_time: HubTime, token: str
) -> Welcome:
    try:
        return await _greet(socket, hello, me, hub_time, token)
    except BaseException:
        await socket.close()
        raise


async def _greet(
    socket: aiohttp.ClientWebSocketResponse, hello: Hello, me: Identity, hub_time: HubTime, token: str
) -> Welcome:
    await socket.send_str(write(hello))
    challenge = await hear_one(socket)
    if not isinstance(challenge, Challenge):
        raise _unexpected(challenge)
    await socket.send_str(write(Proof(prove(hello, challenge, token, me), token)))
    welcome = await hear_one(socket)
    if not isinstance(welcome, Welcome):
        raise _unexpected(welcome)
    hub_time.set(welcome.time)
    return welcome


def _unexpected(message: Message) -> LinkError:
    if isinstance(message, Rejection):
        return LinkError(message.sentence, message.reason, message.retry)
    return LinkError("the hub does not keep to the order of the greeting", "malformed", 60.0)


async def hear_one(socket: aiohttp.ClientWebSocketResponse) -> Message:
    """Read one frame of the hub's; raises LinkError."""
    try:
        frame = await socket.receive()
    except (aiohttp.ClientError, OSError, RuntimeError):
        raise LinkError("the connection to the hub broke", "closed") from None
    if frame.type is aiohttp.WSMsgType.TEXT:
        try:
            return read(frame.data, by="hub")
        except WireError as error:
            raise LinkError(f"the hub said what cannot be read: {error}", "malformed", 60.0) from None
    if frame.type is aiohttp.WSMsgType.ERROR or socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
        raise LinkError("the hub sent more than a message may hold", "malformed", 60.0)
    raise LinkError("the hub closed the connection", "closed")


async def _refuse_redirect(
    _: object, __: SimpleNamespace, params: aiohttp.TraceRequestRedirectParams
) -> None:
    where = str(params.response.headers.get("Location", ""))[:200]
    raise LinkError(
        f"the hub's address leads elsewhere ({where!r}), and no redirect is followed", "redirect", 60.0
    )


def hello_for(place: Place, me: Identity, version: str, probes: tuple[str, ...]) -> Hello:
    """What a relay says first to the hub at *place*."""
    return Hello(check_hub(place.url), me.key, me.sealing, version, probes)


def split_proxy(proxy: str) -> tuple[str | None, dict[str, str] | None]:
    """The address of *proxy* without its password, and the header that carries it (RFC 7617)."""
    if not proxy:
        return None, None
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise LinkError("the proxy must be written http://[user:password@]host:port", "proxy", 0.0)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    address = f"http://{host}:{parts.port or 80}"
    if not parts.username:
        return address, None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return address, {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def trust(roots: str | None) -> ssl.SSLContext | None:
    """The system's roots, and those of the PEM file *roots* besides; None where the system's will do."""
    if not roots:
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(os.fspath(roots))
    return context
