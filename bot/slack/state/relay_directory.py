"""Adapt the relay directory to Slack: relay names for the vocabulary, permission scopes, run slots."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Final

from bot.diagnosis.engine import Engine
from bot.errors import UsageError, quote
from bot.model.request import MAX_RELAYS, Vocabulary, too_many_relays
from bot.relays.access_rules import RelayScope
from bot.relays.directory import RelayDirectory
from bot.relays.hub.settings import HubSettings
from bot.relays.open_hub import open_hub
from bot.slack.runtime.concurrency import RunSlots
from bot.storage.relay_registry import RelayRegistry

FRESH: Final = 1.0  # seconds for which the hub's list is used before it is asked again


class SlackRelayDirectory(RelayDirectory):
    """Look up relays by name. Call `fresh` first if the list must be current."""

    def __init__(self, engine: Engine, registry: RelayRegistry, hub: HubSettings, local: RunSlots) -> None:
        # Plans run in the worker thread, and a connection belongs to one event loop.
        super().__init__(engine.relay, hub, registry, FRESH, open_hub(hub))
        self._run_slots = local
        self._remote, self._persons = RunSlots(hub.limits.relay_at_once), RunSlots(hub.limits.person_at_once)
        self.vocabulary: Vocabulary = engine.vocabulary

    @property
    def scopes(self) -> tuple[RelayScope, ...]:
        """Return the hub's relays for the access rules."""
        return tuple(RelayScope(status.name, status.labels, status.channels) for status in self.known)

    async def fresh(self) -> None:
        """Refresh the list as `RelayDirectory.fresh` does, and update the relay names of the vocabulary."""
        await super().fresh()
        if (self.vocabulary.relays, self.vocabulary.unusable) != (self.names, self.unusable):
            self.vocabulary = replace(self.vocabulary, relays=self.names, unusable=self.unusable)

    def used_for_plans(self) -> AbstractAsyncContextManager[None]:
        """Do what `used` does for plans; for the thread in which they run."""
        return self._plans.used()

    def check(self, names: tuple[str, ...]) -> None:
        """Raise `UsageError` if a relay no longer exists, or there are too many for one diagnosis."""
        for name in names:
            if name not in self.names and (because := self.unusable.get(name)):
                raise UsageError(f"{quote(name)} {because}.")
            if name not in self.names:
                raise UsageError(
                    f"Relay {quote(name)} no longer exists. `/diagnose relays` lists all relays."
                )
        if len(names) > MAX_RELAYS:
            raise UsageError(too_many_relays(len(names)))

    def vantages(self, names: tuple[str, ...]) -> dict[str, str]:
        """Return the vantage of each of *names*."""
        return {name: self.vantage(name) for name in names}

    @asynccontextmanager
    async def place(self, name: str, who: str, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a run slot of relay *name*. *tell* receives the number of runs ahead in the queue.

        The hub rejects plans above its limits per relay and user. Here they wait instead.
        """
        if name == self.local.name:
            async with self._run_slots.acquire(name, tell):
                yield
        else:
            async with self._persons.acquire(who, tell), self._remote.acquire(name, tell):
                yield
