"""What the hub heard from relays and has not stored yet. It is stored together: thousands may connect at once."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from bot.storage.last_heard import LastHeard
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry

APART: Final = 0.2  # seconds between two writes
IDLE: Final = 10.0  # seconds; a task that has not finished in `background.STALE` seconds counts as failing


class HeardRelays:
    """Collects, by relay, the newest of what is to be stored in *registry*."""

    def __init__(self, registry: RelayRegistry) -> None:
        self._registry = registry
        self._unsaved: dict[str, LastHeard] = {}
        self._saved: dict[str, LastHeard] = {}  # by the last write, which a row may have been read before
        self._news = asyncio.Event()

    def note(self, name: str, gone: str = "", state: Mapping[str, Any] | None = None) -> None:
        """Note that a relay was heard from now, why it disconnected, and the state that it reported."""
        self._unsaved[name] = LastHeard(time.time(), gone, state).after(self._unsaved.get(name))
        self._news.set()

    async def find(self, name: str) -> RegisteredRelay | None:
        """Read a relay, with what is not stored yet; None if it does not exist."""
        relay = await self._registry.find(name)
        return relay and self.newest(relay)

    def newest(self, relay: RegisteredRelay) -> RegisteredRelay:
        """Return *relay*, as it was read, with what came later."""
        news = self._unsaved.get(relay.name) or self._saved.get(relay.name)
        if news is None or news.at < (relay.seen or 0.0):
            return relay
        return replace(
            relay, seen=news.at, gone=news.gone, state=relay.state if news.state is None else news.state
        )

    async def store_next(self) -> None:
        """Wait until there is something, at most `IDLE` seconds, and store it. The next call stores what fails."""
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE):
                await self._news.wait()
        await self.store()

    async def store(self) -> None:
        """Store all of it."""
        self._saved = heard = self._unsaved
        self._unsaved = {}
        self._news.clear()
        try:
            if heard:
                await self._registry.heard(heard)
        except Exception:
            self._unsaved = heard | {
                name: news.after(heard.get(name)) for name, news in self._unsaved.items()
            }
            self._news.set()
            raise
