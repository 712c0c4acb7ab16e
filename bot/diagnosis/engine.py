"""Engine: the knowledge, network, relays, and settings of one process."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import Problem, ProgressCallback, prepare, triage
from bot.diagnosis.turn_settings import TurnSettings, load_turn_settings
from bot.errors import UsageError, unknown_word
from bot.model.request import Request, Vocabulary
from bot.model.vocabulary import make_vocabulary
from bot.relays.hub.nats_settings import uses_nats
from bot.relays.hub.paths import socket_of
from bot.relays.local import NOT_RUNNING, LocalOnly, LocalRelay, Relay, RelayLookup, from_each
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.frozen import frozen
from probes.protocol.model import LOCAL_VANTAGES, USER_NETWORK

RecordChange: TypeAlias = Callable[[RunRecord], RunRecord]


@frozen
class Engine:
    """What does not change between cases."""

    knowledge: Knowledge
    network: Network
    relay: Relay
    settings: TurnSettings
    relays: RelayLookup

    @property
    def vocabulary(self) -> Vocabulary:
        """The valid words of requests."""
        words = make_vocabulary(self.knowledge, self.network, self.relays.names)
        return replace(words, relay_note=self.relays.note, unusable=self.relays.unusable)

    def diagnose(self, request: Request, tell: ProgressCallback) -> RunRecord:
        """Run one case on its first relay; Ctrl-C raises KeyboardInterrupt."""
        (record,) = self.diagnose_all(replace(request, relays=request.relays[:1]), tell)
        return record

    def diagnose_all(
        self, request: Request, tell: ProgressCallback, add: RecordChange | None = None
    ) -> tuple[RunRecord, ...]:
        """Run one case on all its relays in parallel; returns one record per relay, in the order of the request.

        *add* adds to each record what is known from elsewhere, such as the service's data of the call.
        """
        records = asyncio.run(self._from_each(request, tell))
        return tuple(map(add, records)) if add else records

    def locate(self, records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
        """After the verdict, trace the dropped flows of *records* on their relays; up to half a second."""
        # With what it compares and quotes, 6 ms to import: not needed before the first check.
        from bot.diagnosis.locate import has_drops

        if not any(map(has_drops, records)):
            return tuple(records)
        return asyncio.run(self._locate_each({record.relay: record for record in records}))

    async def _locate_each(self, records: Mapping[str, RunRecord]) -> tuple[RunRecord, ...]:
        from bot.diagnosis.locate import locate  # see above

        def trace(name: str) -> Coroutine[Any, Any, RunRecord]:
            return locate(records[name], self._relay(name, records[name].request))

        return await from_each(tuple(records), trace)

    def fill_lines(self, records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
        """After the verdict, measure the round trip on the full line, where that is allowed; up to six seconds."""
        if not self.network.quality.get("fill"):
            return tuple(records)
        problem = prepare(records[0].request, self.knowledge, self.network)
        filled = asyncio.run(self._fill_each({record.relay: record for record in records}, problem))
        return tuple(records) if filled == tuple(records) else self._name_outages(filled)

    async def _fill_each(self, records: Mapping[str, RunRecord], problem: Problem) -> tuple[RunRecord, ...]:
        from bot.diagnosis.full_line import fill_line  # most networks do not allow it

        def fill(name: str) -> Coroutine[Any, Any, RunRecord]:
            relay = self._relay(name, records[name].request)
            return fill_line(records[name], relay, problem, self.network)

        return await from_each(tuple(records), fill)

    def _relay(self, name: str, request: Request) -> Relay:
        return self.relay if name == self.relay.name else self.relays.named(name, what=request.case_label)

    async def _from_each(self, request: Request, tell: ProgressCallback) -> tuple[RunRecord, ...]:
        def look(name: str) -> Coroutine[Any, Any, RunRecord]:
            relay = self._relay(name, request)
            return triage(request, self.knowledge, self.network, relay, self.settings, tell)

        return self._name_outages(await from_each(request.relays, look))

    def reevaluate(self, records: Sequence[RunRecord], request: Request) -> tuple[RunRecord, ...]:
        """Conclude the *records* of one case again for *request*; nothing is probed."""
        problem = prepare(request, self.knowledge, self.network)
        return self._name_outages([problem.conclude(replace(record, request=request)) for record in records])

    def _name_outages(self, records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
        # It compares relays after their checks: 4 ms to import, for which no check has to wait.
        from bot.diagnosis.outage import name_outages

        return name_outages(records, self.knowledge)


def load_engine(
    network: str | None = None,
    vantage: str | None = None,
    knowledge: Knowledge | None = None,
    *,
    remote: bool = False,
) -> Engine:
    """Load everything, including the hub's relays if *remote*; raises `KnowledgeError` or `UsageError`."""
    if vantage is not None and vantage not in LOCAL_VANTAGES:
        raise unknown_word("a vantage", vantage, LOCAL_VANTAGES)
    if network is not None and not network.strip():
        raise UsageError("--network needs the path of a network file.")
    local = LocalRelay(vantage or USER_NETWORK, environment=os.environ)
    return Engine(
        knowledge or load_knowledge(quick=True),
        load_network(network),
        local,
        load_turn_settings(os.environ),
        _relays(local) if remote else LocalOnly(local),
    )


def _relays(local: LocalRelay) -> RelayLookup:
    """Return the relays of the hub on this host or of the hubs on NATS, or the local relay alone."""
    if not uses_nats(os.environ) and not socket_of(os.environ).exists():
        return LocalOnly(local, NOT_RUNNING)
    # Keeps the web server, the database, and the keys out of start-up: 0.2 s that a local diagnosis does not need.
    from bot.relays.directory import open_directory

    return open_directory(os.environ, local)
