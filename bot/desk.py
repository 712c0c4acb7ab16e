"""What a diagnosis works with, loaded once: knowledge, network, relay, settings."""

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import UsageError, unknown
from bot.relays import LocalRelay, Relay
from bot.request import Request, Vocabulary
from bot.settings import Settings, load_settings
from bot.triage import CaseRecord, Tell, tell_more, triage
from bot.vocabulary import make_vocabulary
from knowledge.load import load_knowledge
from knowledge.network import load_network
from knowledge.network_facts import Network
from knowledge.schema import Knowledge
from probes.model import USER_NETWORK, VANTAGES

if TYPE_CHECKING:
    from bot.replies.view import View


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that stays the same from one case to the next."""

    knowledge: Knowledge
    network: Network
    relay: Relay
    settings: Settings

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that mean something here."""
        return make_vocabulary(self.knowledge, self.network, (self.relay.name,))

    def diagnose(self, request: Request, tell: Tell) -> CaseRecord:
        """Run one case to its end; Ctrl-C ends it with KeyboardInterrupt."""
        return asyncio.run(triage(request, self.knowledge, self.network, self.relay, self.settings, tell))

    def tell_more(self, record: CaseRecord, option: str, value: str) -> CaseRecord:
        """Walk *record* again with one more answer of a person's."""
        return tell_more(record, option, value, self.knowledge, self.network)

    def view(self, record: CaseRecord) -> "View":
        """Fill in the texts that replies to *record* show."""
        from bot.replies.view import make_view  # not needed before the first look

        return make_view(record, self.knowledge, self.network)


def open_desk(
    network: str | None = None, vantage: str | None = None, knowledge: Knowledge | None = None
) -> Desk:
    """Load everything; raises KnowledgeError and UsageError for what cannot be used."""
    if vantage is not None and vantage not in VANTAGES:
        raise unknown("a vantage", vantage, VANTAGES)
    if network is not None and not network.strip():
        raise UsageError("--network needs the path of a network file.")
    return Desk(
        knowledge or load_knowledge(),
        load_network(network),
        LocalRelay(vantage or USER_NETWORK),
        load_settings(os.environ),
    )
