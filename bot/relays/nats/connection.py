"""A connection to NATS: made when it is needed, made again when it breaks, and its errors in words."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from nats import errors
from nats.aio.client import Client

from bot.background import STALE
from bot.errors import printable
from bot.logs import LogThrottle
from bot.relays.hub.nats_settings import NatsSettings
from bot.relays.nats.ending import end_tasks
from bot.relays.nats.sign_in import read_credentials
from bot.relays.nats.subjects import inbox_of
from bot.relays.nats.tls import NotedContext, tls_context
from bot.relays.nats.trouble import NatsUnavailableError, in_words

log: Final = logging.getLogger(__name__)

CONNECTS: Final = 3  # seconds for one attempt
PATIENCE: Final = 3.0  # seconds that a request waits for a connection, unless an attempt made for it fails
PING: Final = (
    3  # seconds between two pings of the server; after two without an answer the connection counts as broken
)
FIRST_PAUSE: Final = 0.1  # seconds before the next attempt; each further pause is twice as long
LONGEST_PAUSE: Final = 2.0
EAGER: Final = 0.1  # seconds before the next attempt if a request waits for it
_TOKEN: Final = 6  # random bytes
CLOSES: Final = 2.0  # seconds until a connection that cannot be closed is abandoned

Work = Callable[[Client], Awaitable[None]]


class NatsConnection:
    """A connection for any number of users at the same time, all of them in the same event loop."""

    def __init__(self, settings: NatsSettings) -> None:
        self.settings = settings
        self.inbox = f"{inbox_of(settings.name)}.{secrets.token_hex(_TOKEN)}"  # a process may have several
        self.begin: list[Work] = []  # done with each new connection before anybody uses it
        self.client: Client | None = None
        self.trouble = ""  # why there is none; part of a sentence
        self._users = 0
        self._keeper: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._wanted = asyncio.Event()  # a request waits: the next attempt is made without a pause
        self._attempts = 0  # that have begun
        self._failed = 0  # the last one of them that failed or broke
        self._changed = asyncio.Event()  # replaced whenever an attempt has ended
        self._down_since: float | None = None
        self._denied = ""  # what the server did not permit, in its words
        self._throttle = LogThrottle(log)

    @property
    def state(self) -> str:
        """Whether NATS is connected, in a few words."""
        return f"connected to {self.settings}" if self.client else self.trouble or "not connected yet"

    @property
    def problem(self) -> str:
        """Why NATS counts as failing, as a sentence; "" while it works, or has been away for less than `STALE`."""
        if self._down_since is None or self.client:
            return ""
        seconds = time.monotonic() - self._down_since
        return f"{self.trouble or 'NATS is not connected'} for {seconds:.0f} s" if seconds > STALE else ""

    @asynccontextmanager
    async def used(self) -> AsyncIterator[None]:
        """Keep the connection up for the block. It is closed after the last user has left."""
        if self._keeper is None:
            self._wanted, self._changed = asyncio.Event(), asyncio.Event()  # the last loop may be another one
            self._down_since = time.monotonic()
            self._keeper = asyncio.create_task(self._keep(), name="nats")
        assert self._keeper.get_loop() is asyncio.get_running_loop(), "a connection belongs to one event loop"
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                keeper, self._keeper = self._keeper, None
                await end_tasks([keeper])
                await asyncio.gather(*self._closing)

    async def ready(self) -> Client:
        """Return the connection, or wait up to `PATIENCE` until there is one; `NatsUnavailableError`.

        The wait ends early if an attempt fails that began after the request: one that was under way may have begun
        while the network was away.
        """
        last = self._attempts + 1
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self.client is None and self._failed < last:
                    self._wanted.set()
                    await self._changed.wait()
        if self.client is None:
            raise NatsUnavailableError(self.trouble or f"NATS does not answer at {self.settings}")
        return self.client

    async def publish(self, subject: str, payload: bytes = b"", reply: str = "") -> None:
        """Send one message; `NatsUnavailableError`."""
        client = await self.ready()
        try:
            await client.publish(subject, payload, reply)
        except (errors.Error, OSError) as error:
            raise NatsUnavailableError(in_words(error, self.settings, self._denied)) from error

    async def _keep(self) -> None:
        """Connect, and connect again, until canceled."""
        pause = FIRST_PAUSE
        while True:
            closed, self._denied = asyncio.Event(), ""
            client = Client()
            self._attempts += 1
            try:
                async with asyncio.timeout(CONNECTS * (len(self.settings.servers) + 1)):
                    await self._connect(client, closed)
                    for work in self.begin:
                        await work(client)
                self.client, self.trouble, self._down_since, pause = client, "", None, FIRST_PAUSE
                self._ended()
                await closed.wait()
                self.trouble = f"the connection to NATS at {self.settings} broke"
            except (errors.Error, OSError, ValueError) as error:
                self.trouble = in_words(error, self.settings, self._denied)
            finally:
                self.client = None
                self._down_since = self._down_since or time.monotonic()
                self._failed = self._attempts
                self._ended()
                self._close(client)
            self._throttle.warn(self.trouble, "connection")
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _pause(self, seconds: float) -> None:
        """Wait *seconds*, or only `EAGER` if a request waits."""
        await asyncio.sleep(EAGER)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds - EAGER):
                await self._wanted.wait()

    def _ended(self) -> None:
        """Let the requests that wait look at what an attempt has brought."""
        self._wanted.clear()
        self._changed.set()
        self._changed = asyncio.Event()

    def _close(self, client: Client) -> None:
        """Close a connection on the side: after a failed handshake, that takes until `CLOSES`."""
        task = asyncio.create_task(_close(client))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _connect(self, client: Client, closed: asyncio.Event) -> None:
        # The client's own reconnection gives up when the server does not know its password for a moment.
        context = tls_context(self.settings)
        last: list[Exception] = []

        async def failed(error: Exception) -> None:
            last.append(error)
            if client.is_connected:  # most likely a permission that is missing
                self._denied = printable(str(error))
                self._throttle.warn(f"NATS: {self._denied}", "error")

        async def over() -> None:
            closed.set()

        try:
            await client.connect(
                list(self.settings.servers), name=f"lineman {self.settings.name}", allow_reconnect=False,
                connect_timeout=CONNECTS, max_reconnect_attempts=1, reconnect_time_wait=0, ping_interval=PING,
                tls=context, inbox_prefix=self.inbox, error_cb=failed, closed_cb=over, **self._proof(context),
            )  # fmt: skip
        except errors.NoServersError as error:
            raise (last or [error])[-1] from None
        if context and not context.is_used:
            raise errors.SecureConnRequiredError

    def _proof(self, context: NotedContext | None) -> dict[str, Any]:
        """Return what this process signs in with. The password is given only over TLS if TLS is asked for."""
        settings = self.settings
        if settings.credentials:
            jwt, sign = read_credentials(settings.credentials).callbacks()
            return {"user_jwt_cb": jwt, "signature_cb": sign}
        if not settings.user:
            return {}

        def secret() -> str:
            if context and not context.is_used:
                raise errors.SecureConnRequiredError
            return settings.password or settings.user

        # A user without a password is a token, as in every client of NATS.
        return {"user": settings.user, "password": secret} if settings.password else {"token": secret}


async def _close(client: Client) -> None:
    with suppress(errors.Error, OSError, AttributeError):  # AttributeError: it was never connected
        async with asyncio.timeout(CLOSES):
            await client.close()
