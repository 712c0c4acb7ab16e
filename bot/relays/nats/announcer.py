"""Write into the bucket which relays are connected to this hub, and never over a newer entry of another hub."""

import asyncio
import math
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from nats import errors
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from bot.relays.hub.hub import Hub
from bot.relays.hub.other_hubs import RelayPlace
from bot.relays.hub.session import RelaySession
from bot.relays.nats.subjects import relay_key

T = TypeVar("T")

RENEW: Final = 200.0  # seconds after which an entry is renewed
REVIEW: Final = 2.0  # seconds between two looks at some of the relays
PARTS: Final = 10  # looks at some until each was looked at: looking at thousands at once would delay plans
AT_ONCE: Final = 50  # entries that are written at the same time


@dataclass(slots=True)
class _Announced:
    """What this hub has announced about one relay."""

    place: RelayPlace | None  # None: an earlier process has
    revision: int
    at: float  # event loop time


class RelayAnnouncer:
    """The entries of one hub in *bucket*, once it is open."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.bucket: KeyValue | None = None
        self.contested: set[str] = set()  # relays that another hub has announced, too
        self._hub, self._name = hub, name
        self._announced: dict[str, _Announced] = {}
        self._next_review = (
            -math.inf
        )  # event loop time when some relays are looked at; -inf: all of them, now
        self._part = 0  # of the relays, the one looked at last

    def begin(self, bucket: KeyValue) -> None:
        """Start again with a bucket in which nothing is announced yet."""
        self.bucket = bucket
        self._announced.clear()
        self._next_review = -math.inf
        self._hub.connections.changes.add()

    def revision(self, name: str) -> int:
        """Return the revision of our entry for a relay; 0 if there is none."""
        return self._announced[name].revision if name in self._announced else 0

    def found(self, name: str, revision: int) -> None:
        """Note an entry of ours from the bucket. If nobody wrote it in this process, it goes or is written again."""
        if name not in self._announced:
            self._announced[name] = _Announced(None, revision, 0.0)
            self._hub.connections.changes.add(name)

    def dropped(self, name: str, revision: int) -> None:
        """Note that the entry of a relay was dropped at *revision*."""
        if name in self._announced and revision > self._announced[name].revision:
            del self._announced[name]
            self._hub.connections.changes.add(name)

    async def announce(self, names: Iterable[str]) -> None:
        """Write what has changed about the relays of these *names*. Now and then, look at some of the others.

        Looking at all after each change would cost a hub much of its time while thousands of relays connect.
        """
        sessions, now = self._hub.sessions, asyncio.get_running_loop().time()
        bucket, review = self.bucket, self._next_review
        if now >= review:
            names, review = self._some(names, is_all=math.isinf(review)), now + REVIEW
        self._next_review = -math.inf  # if something fails now, all of it is repeated
        gone = [name for name in names if name in self._announced and name not in sessions]
        changed = [sessions[name] for name in names if name in sessions and self._is_due(sessions[name], now)]
        await _some_at_once(self._drop, gone)
        await _some_at_once(self.put, changed)
        if self.bucket is bucket:
            self._next_review = review

    def _some(self, names: Iterable[str], *, is_all: bool) -> set[str]:
        """Return *names*, and all other relays or the next part of them."""
        others = {*self._hub.sessions, *self._announced}
        self._part = (self._part + 1) % PARTS
        if not is_all:
            others = {name for name in others if zlib.crc32(name.encode()) % PARTS == self._part}
        return {*names, *others}

    async def put(self, session: RelaySession, over: int = 0) -> None:
        """Write the entry of one relay: over any other if it has just connected, else over our own.

        *over* is the entry of another hub to replace, because the relay answers here.
        """
        assert self.bucket
        name, ours = session.name, self._announced.get(session.name)
        place = self._place(session, over or (ours.place.over if ours and ours.place else 0))
        text, last = msgspec.json.encode(place), over or (ours.revision if ours else 0)
        try:
            if last:
                revision = await self.bucket.update(relay_key(name), text, last)
            else:
                revision = await self.bucket.put(relay_key(name), text)
        except KeyWrongLastSequenceError:
            await self._check(name)
            return
        self._announced[name] = _Announced(place, revision, asyncio.get_running_loop().time())

    async def withdraw(self) -> None:
        """Withdraw every entry."""
        await _some_at_once(self._drop, list(self._announced))

    def _is_due(self, session: RelaySession, now: float) -> bool:
        if session.name in self.contested:
            return False
        ours = self._announced.get(session.name)
        if ours is None or ours.place is None or now - ours.at > RENEW:
            return True
        return ours.place != self._place(session, ours.place.over)

    async def _check(self, name: str) -> None:
        """Our entry is not there any more: another hub has replaced it, which is on its way here, or it ran out."""
        assert self.bucket
        try:
            await self.bucket.get(relay_key(name))
        except KeyNotFoundError:
            self._announced.pop(name, None)
            self._hub.connections.changes.add(name)

    async def _drop(self, name: str) -> None:
        """Withdraw the entry of one relay, unless another hub has written since."""
        assert self.bucket
        ours = self._announced.pop(name)
        with suppress(errors.Error):  # the sequence is another one, or it is dropped in time
            await self.bucket.delete(relay_key(name), last=ours.revision)

    def _place(self, session: RelaySession, over: int) -> RelayPlace:
        version, trouble = session.version[:80], session.trouble()[:1000]
        return RelayPlace(self._name, session.since, version, session.takes_plans, trouble, over)


async def _some_at_once(work: Callable[[T], Awaitable[None]], items: Sequence[T]) -> None:
    """Do *work* for all *items*, `AT_ONCE` at a time; raise the first error after the others of its group are done."""
    for start in range(0, len(items), AT_ONCE):
        group = (work(item) for item in items[start : start + AT_ONCE])
        results = await asyncio.gather(*group, return_exceptions=True)
        if errors_of_group := [result for result in results if result is not None]:
            raise errors_of_group[0]
