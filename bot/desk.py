"""What a diagnosis works with, loaded once: knowledge, network, relay, settings."""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError, unknown
from bot.relay_book import RelayBook, open_book
from bot.relays import LocalRelay, Relay, from_each
from bot.request import Request, Vocabulary
from bot.settings import Settings, load_settings
from bot.triage import CaseRecord, Tell, tell_more, triage
from bot.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import USER_NETWORK, VANTAGES

if TYPE_CHECKING:
    from bot.replies.view import View


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that stays the same from one case to the next."""

    knowledge: Knowledge
    network: Network
    relay: Relay
    settings: Settings
    book: RelayBook = field(default_factory=RelayBook)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that mean something here."""
        return make_vocabulary(self.knowledge, self.network, (self.relay.name, *self.book.known))

    def diagnose(self, request: Request, tell: Tell) -> CaseRecord:
        """Run one case to its end; Ctrl-C ends it with KeyboardInterrupt."""
        (record,) = self.diagnose_all(replace(request, relays=request.relays[:1]), tell)
        return record

    def diagnose_all(self, request: Request, tell: Tell) -> tuple[CaseRecord, ...]:
        """Run one case from every relay that it names, side by side; a record each, in their order."""
        return asyncio.run(self._from_each(request, tell))

    async def _from_each(self, request: Request, tell: Tell) -> tuple[CaseRecord, ...]:
        def look(name: str) -> Coroutine[Any, Any, CaseRecord]:
            relay = self.relay if name == self.relay.name else self.book.named(name, what=request.what)
            return triage(request, self.knowledge, self.network, relay, self.settings, tell)

        return await from_each(request.relays, look)

    def tell_more(self, record: CaseRecord, option: str, value: str) -> CaseRecord:
        """Walk *record* again with one more answer of a person's."""
        return tell_more(record, option, value, self.knowledge, self.network)

    def view(self, record: CaseRecord) -> "View":
        """Fill in the texts that replies to *record* show."""
        from bot.replies.view import make_view  # not needed before the first look

        return make_view(record, self.knowledge, self.network)


def open_desk(
    network: str | None = None,
    vantage: str | None = None,
    knowledge: Knowledge | None = None,
    *,
    remote: bool = False,
) -> Desk:
    """Load everything, with the hub's relays if *remote*; KnowledgeError and UsageError for what cannot be used."""
    if vantage is not None and vantage not in VANTAGES:
        raise unknown("a vantage", vantage, VANTAGES)
    if network is not None and not network.strip():
        raise UsageError("--network needs the path of a network file.")
    local = LocalRelay(vantage or USER_NETWORK, environment=os.environ)
    return Desk(
        knowledge or load_knowledge(quick=True),
        load_network(network),
        local,
        load_settings(os.environ),
        open_book(os.environ, local) if remote else RelayBook(local),
    )
