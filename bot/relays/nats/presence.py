"""Say in a bucket of JetStream which relays are connected here, and read there what the other hubs say.

The newest announcement counts. If two hubs announce the same relay, each asks its own connection: the one that is
dead ends. If both answer, two hosts have the same key, and the later one is rejected.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from nats import errors
from nats.aio.client import Client
from nats.js.errors import BadRequestError, BucketNotFoundError, NoStreamResponseError, NotFoundError
from nats.js.kv import KeyValue

from bot.logs import LogThrottle
from bot.relays.hub.hub import Hub
from bot.relays.hub.other_hubs import LEASE, RelayPlace, read_place
from bot.relays.hub.rejections import RejectedError
from bot.relays.hub.session import RelaySession
from bot.relays.nats.announcer import REVIEW, RelayAnnouncer
from bot.relays.nats.connection import NatsConnection
from bot.relays.nats.ending import end_tasks
from bot.relays.nats.subjects import BUCKET, hub_key, hub_of_key, relay_of_key

log: Final = logging.getLogger(__name__)

BEAT: Final = 3.0  # seconds between two heartbeats of this hub
LIVES: Final = 600.0  # seconds after which the bucket drops an entry that nobody has renewed
ANSWERS: Final = 4.0  # seconds for JetStream to answer
GATHER: Final = 0.05  # seconds in which changes are collected
LOOK: Final = 1.0  # seconds between two looks at whether the entries still come
AGAIN: Final = 0.5  # seconds until what failed is repeated
FAREWELL: Final = 3.0  # seconds to withdraw the entries of a hub that stops


class HubPresence:
    """What one hub says of itself, and what it knows of the others."""

    def __init__(self, hub: Hub, connection: NatsConnection) -> None:
        self._hub, self._connection, self._name = hub, connection, connection.settings.name
        self._announcer = RelayAnnouncer(hub, self._name)
        self._settling: dict[str, asyncio.Task[None]] = {}  # by relay
        self._pending: dict[str, tuple[RelayPlace, int]] = {}  # entries of other hubs, with their revision
        self._created: datetime | None = None  # of the bucket: one of another time has none of our entries
        self._last_entry = 0.0  # event loop time when an entry came, at least our own heartbeat
        self._throttle = LogThrottle(log)
        connection.begin.append(self._open)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Announce the relays for the block, then withdraw them."""
        work = (self._beat, self._watch, self._announce)
        tasks = [asyncio.create_task(self._repeat(task)) for task in work]
        try:
            yield
        finally:
            await end_tasks([*tasks, *self._settling.values()])
            with suppress(errors.Error, OSError):
                async with asyncio.timeout(FAREWELL):
                    await self._withdraw()

    async def _open(self, client: Client) -> None:
        """Open the bucket, or make it. A new connection begins with an empty picture."""
        stream = client.jetstream(timeout=ANSWERS)
        try:
            bucket = await stream.key_value(BUCKET)
        except BucketNotFoundError:
            with suppress(BadRequestError):  # another hub makes it at this moment
                await stream.create_key_value(bucket=BUCKET, ttl=LIVES, history=1, direct=True)
            bucket = await stream.key_value(BUCKET)
        self._created = await _creation_of(bucket)
        self._announcer.begin(bucket)
        self._hub.others.doubt()
        self._last_entry = _now()

    async def _repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do *work* again and again while NATS is connected. What fails is logged, and repeated."""
        while True:
            try:
                if self._connection.client:
                    await work()
            except (errors.Error, OSError) as error:
                self._throttle.warn(f"NATS: {type(error).__name__}: {error}", type(error).__name__)
                self._hub.connections.changes.add()
                await asyncio.sleep(AGAIN)
                if isinstance(error, NoStreamResponseError | NotFoundError):
                    await self._reopen()
            await asyncio.sleep(GATHER)

    async def _reopen(self) -> None:
        """Make the bucket again: somebody has deleted it.

        Not at once: a server that still deletes the files of the old one may delete those of the new one, too.
        """
        if client := self._connection.client:
            with suppress(errors.Error, OSError):
                await self._open(client)

    async def _announce(self) -> None:
        await self._announcer.announce(await self._hub.connections.changes.wait(REVIEW))

    async def _beat(self) -> None:
        bucket = self._announcer.bucket
        assert bucket
        await bucket.put(hub_key(self._name), b"1")
        if await _creation_of(bucket) != self._created:  # another hub noticed first that it was deleted
            await self._reopen()
        await asyncio.sleep(BEAT)

    async def _watch(self) -> None:
        """Read the entries of the other hubs until the connection breaks, or our own heartbeats stay away."""
        bucket, client = self._announcer.bucket, self._connection.client
        assert bucket
        watcher = await bucket.watchall()
        try:
            while self._connection.client is client and self._announcer.bucket is bucket:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):  # not for each entry: that costs more than reading it
                        await self._read_all(watcher)
                if _now() - self._last_entry > LEASE:
                    raise errors.StaleConnectionError
        finally:
            self._last_entry = _now()
            with suppress(errors.Error, OSError):
                await watcher.stop()

    async def _read_all(self, watcher: KeyValue.KeyWatcher) -> None:
        async for entry in watcher:
            if entry:  # None: that was all there was so far
                self._last_entry = _now()
                self._read(entry)

    def _read(self, entry: KeyValue.Entry) -> None:
        if hub := hub_of_key(entry.key):
            self._read_hub(hub, is_there=not entry.operation)
        elif name := relay_of_key(entry.key):
            self._read_relay(name, None if entry.operation else read_place(entry.value), entry.revision or 0)

    def _read_hub(self, hub: str, *, is_there: bool) -> None:
        if hub == self._name:
            return
        if is_there:
            self._hub.others.heard(hub)
        else:
            self._hub.others.gone(hub)

    def _read_relay(self, name: str, place: RelayPlace | None, revision: int) -> None:
        is_other = place is not None and place.hub != self._name
        self._hub.others.put(name, place if is_other else None)
        if place is None:
            self._announcer.dropped(name, revision)
        elif not is_other:
            self._announcer.found(name, revision)
        elif name not in self._hub.sessions:
            self._hub.relay_moved(name)
        elif revision > self._announcer.revision(name):
            self._contest(name, place, revision)

    def _contest(self, name: str, place: RelayPlace, revision: int) -> None:
        """Find out on which hub a relay answers. While that is being done, the newest entry waits."""
        self._pending[name] = place, revision
        if name not in self._settling:
            self._announcer.contested.add(name)
            self._settling[name] = asyncio.create_task(self._settle_all(name))
            self._settling[name].add_done_callback(lambda _: self._settled(name))

    def _settled(self, name: str) -> None:
        del self._settling[name]
        self._announcer.contested.discard(name)
        self._hub.connections.changes.add(name)

    async def _settle_all(self, name: str) -> None:
        while (pending := self._pending.pop(name, None)) and (session := self._hub.sessions.get(name)):
            with suppress(
                errors.Error, OSError
            ):  # NATS broke: the next connection begins with an empty picture
                await self._settle(session, *pending)

    async def _settle(self, session: RelaySession, place: RelayPlace, revision: int) -> None:
        if place.over and place.over == self._announcer.revision(session.name):
            # The relay answered there after it had connected here.
            await self._hub.give_up(session, RejectedError("busy", 60.0))
        elif await self._hub.connections.is_alive(session):
            await self._announcer.put(session, over=revision)
        else:
            log.info("relay %s is connected to the hub %s now", session.name, place.hub)
            await self._hub.give_up(session)

    async def _withdraw(self) -> None:
        if self._announcer.bucket and self._connection.client:
            await self._announcer.bucket.delete(hub_key(self._name))
            await self._announcer.withdraw()


async def _creation_of(bucket: KeyValue) -> datetime | None:
    """Return when the bucket was created."""
    created: datetime | None = (await bucket.status()).stream_info.created
    return created


def _now() -> float:
    return asyncio.get_running_loop().time()
