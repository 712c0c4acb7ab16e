"""The relay directory as Slack uses it: the words that name relays, the scopes for permissions, places in a queue."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from bot.diagnosis.engine import Engine
from bot.errors import UsageError, quote
from bot.model.request import MAX_RELAYS, Vocabulary, too_many_relays
from bot.relays.access_rules import RelayScope
from bot.relays.directory import RelayDirectory
from bot.relays.hub.settings import HubSettings
from bot.slack.runtime.concurrency import RunSlots
from bot.storage.relay_registry import RelayRegistry

FRESH: Final = 1.0  # seconds for which the hub's word counts


class SlackRelayDirectory(RelayDirectory):
    """Every relay by name. Ask `fresh` first, where it matters that the list is current."""

    def __init__(self, engine: Engine, registry: RelayRegistry, hub: HubSettings, local: RunSlots) -> None:
        super().__init__(engine.relay, hub, registry, FRESH)
        self._run_slots = local
        self._remote, self._persons = RunSlots(hub.limits.relay_at_once), RunSlots(hub.limits.person_at_once)
        self.vocabulary: Vocabulary = engine.vocabulary

    @property
    def scopes(self) -> tuple[RelayScope, ...]:
        """The relays of the hub, as the access rules see them."""
        return tuple(RelayScope(status.name, status.labels, status.channels) for status in self.known)

    async def fresh(self) -> None:
        """Ask the hub as `RelayDirectory.fresh` does; the vocabulary names the relays that it lists."""
        await super().fresh()
        if self.vocabulary.relays != self.names:
            self.vocabulary = replace(self.vocabulary, relays=self.names)

    def check(self, names: tuple[str, ...]) -> None:
        """Refuse relays that no longer exist, and more of them than one diagnosis takes; `UsageError`."""
        for name in names:
            if name not in self.names:
                raise UsageError(
                    f"Relay {quote(name)} no longer exists; `/diagnose relays` lists all relays."
                )
        if len(names) > MAX_RELAYS:
            raise UsageError(too_many_relays(len(names)))

    def vantages(self, names: tuple[str, ...]) -> dict[str, str]:
        """Say where each of *names* is."""
        return {name: self.vantage(name) for name in names}

    @asynccontextmanager
    async def place(self, name: str, who: str, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a place on the relay *name*; *tell* hears how many wait before.

        The hub refuses what is more than its limits, for each relay and for each person; here it waits instead.
        """
        if name == self.local.name:
            async with self._run_slots.acquire(name, tell):
                yield
        else:
            async with self._persons.acquire(who, tell), self._remote.acquire(name, tell):
                yield
