"""Connected relays: one connection per key, keep-alive, replacement, and disconnection of revoked relays."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bot.relays.hub.rejections import RejectedError
from bot.relays.hub.session import RelaySession, revoked
from bot.storage.relay_registry import RelayRegistry

log: Final = logging.getLogger(__name__)

BEAT: Final = 15.0  # seconds between pings to one relay; proxies close connections that are idle for a minute
MISSED: Final = 3  # unanswered pings after which a connection is closed
ALIVE: Final = 2.0  # seconds that a connection has to answer a ping when another one claims its key
WATCH: Final = 1.0  # seconds between two checks for changes that other processes made in the database
SOME: Final = 0.25  # seconds between two pings of some of the relays, few enough that no plan waits for them


class RelayChanges:
    """The relays that have connected, disconnected, or changed their state, until somebody asks for them."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._news = asyncio.Event()

    def add(self, *names: str) -> None:
        """Note relays, or only that there is something to do."""
        self._names.update(names)
        self._news.set()

    async def wait(self, seconds: float) -> set[str]:
        """Return the relays as soon as there are some, at most after *seconds*."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        names, self._names = self._names, set()
        self._news.clear()
        return names


class RelayConnections:
    """The relay sessions of one hub."""

    def __init__(self, registry: RelayRegistry, beat: float) -> None:
        self.sessions: dict[str, RelaySession] = {}  # by relay name
        self.beat = beat
        self.changes = RelayChanges()
        self.renamed: Callable[[str, str], None] = lambda before, name: (
            None
        )  # called after a relay was renamed
        self._registry = registry
        self._claims: dict[str, asyncio.Lock] = {}
        self._parts, self._part = max(1, round(beat / SOME)), 0  # of the relays, and the one pinged last
        self._version = ""  # of the database, when the sessions were last compared with it

    async def admit(self, session: RelaySession) -> RelaySession | None:
        """Add *session*, unless its relay still answers on another connection; returns the dead session it replaces."""
        async with self._claims.setdefault(session.key, asyncio.Lock()):
            old = self.sessions.get(session.name)
            if old and old.key == session.key and await self.is_alive(old):
                raise RejectedError("busy", 60.0)
            self.sessions[session.name] = session
        self.changes.add(session.name)
        return old

    def leave(self, session: RelaySession) -> bool:
        """Remove *session*; returns whether it was its relay's current one."""
        if self.sessions.get(session.name) is not session:
            return False
        del self.sessions[session.name]
        self.changes.add(session.name)
        return True

    @property
    def pause(self) -> float:
        """Seconds between two calls of `ping_some`."""
        return self.beat / self._parts

    async def ping_some(self) -> None:
        """Ping the next part of the relays: each is pinged once per beat."""
        self._part = (self._part + 1) % self._parts
        part = tuple(self.sessions.values())[self._part :: self._parts]
        full = []
        for session in part:
            if session.line.is_clear:
                await self._ping(session)  # does not wait, and a task costs as much as the ping
            else:
                full.append(session)
        # At the same time: one that does not read must not make the others wait.
        await asyncio.gather(*(self._ping(session) for session in full))

    async def _ping(self, session: RelaySession) -> None:
        if session.unanswered >= MISSED:
            log.info("relay %s does not answer pings, closing its connection", session.name)
            session.line.abort()
        else:
            await session.ping()

    async def watch(self) -> None:
        """Apply the revocations and renames that other processes have made since the last call."""
        version = await self._registry.version()
        if version == self._version:
            return
        names = await self._registry.valid_names()
        others = [session for session in self.sessions.values() if names.get(session.key) != session.name]
        # At the same time: one that does not read must not make the others wait.
        await asyncio.gather(*(self._send_away(session) for session in others if session.key not in names))
        for session in others:
            name = names.get(session.key, session.name)
            is_current = self.sessions.get(session.name) is session
            if is_current and name != session.name and name not in self.sessions:
                self._rename(session, name)
        self._version = version  # only now: what failed in between is done again

    async def _send_away(self, session: RelaySession) -> None:
        rejected = await revoked(session.key, session.version, self._registry)
        log.warning("disconnected relay %s (revoked)", session.name)
        await session.line.close(rejected.message())

    def _rename(self, session: RelaySession, name: str) -> None:
        before = session.name
        del self.sessions[before]
        session.name = name
        self.sessions[name] = session
        self.renamed(before, name)
        self.changes.add(before, name)

    async def is_alive(self, session: RelaySession) -> bool:
        """Whether *session* answers a ping within `ALIVE` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ALIVE):
                await session.ping()
                while session.unanswered:
                    if self.sessions.get(session.name) is not session:
                        return False
                    await asyncio.sleep(0.02)
                return True
        return False
