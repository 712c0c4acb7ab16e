"""Connected relays: one connection per key, keep-alive, replacement, and disconnection of revoked relays."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from bot.relays.hub.session import RejectedError, RelaySession
from bot.storage.relay_registry import RelayRegistry

log: Final = logging.getLogger(__name__)

BEAT: Final = 15.0  # seconds between pings to one relay; proxies close connections that are idle for a minute
MISSED: Final = 3  # unanswered pings after which a connection is closed
ALIVE: Final = 2.0  # seconds that a connection has to answer a ping when another one claims its key
WATCH: Final = 1.0  # seconds between two checks for changes that other processes made in the database
_PARTS: Final = 16  # parts of a beat; each part pings some of the relays


class RelayConnections:
    """The relay sessions of one hub."""

    def __init__(self, registry: RelayRegistry, beat: float) -> None:
        self.sessions: dict[str, RelaySession] = {}  # by relay name
        self.beat = beat
        self._registry = registry
        self._claims: dict[str, asyncio.Lock] = {}

    async def admit(self, session: RelaySession) -> RelaySession | None:
        """Add *session*, unless its relay still answers on another connection; returns the dead session it replaces."""
        async with self._claims.setdefault(session.key, asyncio.Lock()):
            old = self.sessions.get(session.name)
            if old and old.key == session.key and await self._is_alive(old):
                raise RejectedError("busy", 60.0)
            self.sessions[session.name] = session
        return old

    def leave(self, session: RelaySession) -> bool:
        """Remove *session*; returns whether it was its relay's current one."""
        if self.sessions.get(session.name) is not session:
            return False
        del self.sessions[session.name]
        return True

    async def ping_all(self) -> None:
        """Ping every relay once per beat, some at a time, until canceled."""
        while True:
            for part in range(_PARTS):
                await asyncio.sleep(self.beat / _PARTS)
                for session in tuple(self.sessions.values())[part::_PARTS]:
                    if session.unanswered >= MISSED:
                        log.info("relay %s does not answer pings, closing its connection", session.name)
                        session.line.abort()
                    else:
                        await session.ping()

    async def watch(self) -> None:
        """Apply revocations and renames made by other processes, until canceled."""
        while True:
            await asyncio.sleep(WATCH)
            if not await self._registry.changed_elsewhere():
                continue
            by_key = {
                registered_relay.key: registered_relay
                for registered_relay in await self._registry.all()
                if registered_relay.key
            }
            for session in tuple(self.sessions.values()):
                relay = by_key.get(session.key)
                if relay is None or relay.revoked is not None:
                    log.warning("disconnected relay %s (revoked)", session.name)
                    await session.line.say(RejectedError("revoked").message())
                    await session.line.socket.close()
                elif relay.name != session.name and relay.name not in self.sessions:
                    del self.sessions[session.name]
                    session.name = relay.name
                    self.sessions[relay.name] = session

    async def _is_alive(self, session: RelaySession) -> bool:
        """Whether *session* answers a ping within `ALIVE` seconds."""
        await session.ping()
        with suppress(TimeoutError):
            async with asyncio.timeout(ALIVE):
                while session.unanswered:
                    if self.sessions.get(session.name) is not session:
                        return False
                    await asyncio.sleep(0.02)
                return True
        return False
