"""FinishedRun: the records of all relays and their aggregate, in memory.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.engine import Engine
from bot.diagnosis.outage import name_outages
from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from bot.model.request import Request
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.vantage_summary import compared_view
from bot.rendering.view import View
from knowledge.model.conclusions import Diagnosis, Finding

EVERY: Final = ""  # no platform chosen: all platforms


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """One finished run of a case, and who started it."""

    case: str
    run: str
    user: str
    record: RunRecord  # for several relays: their aggregate
    parts: tuple[RunRecord, ...] = ()  # for several relays: the record of each, in the order requested
    of: str = ""  # the relay, if this is one relay's part of a run on several

    @property
    def asked(self) -> ButtonContext:
        """The ids that its buttons carry."""
        return ButtonContext(self.case, self.run, self.of)

    @property
    def records(self) -> tuple[RunRecord, ...]:
        """One record per relay."""
        return self.parts or (self.record,)

    @property
    def relays(self) -> tuple[str, ...]:
        """The relays of the run."""
        return tuple(record.relay for record in self.records)

    def from_relay(self, relay: str) -> "FinishedRun | None":
        """Return the record of *relay* alone; None if the run did not include it."""
        part = next((record for record in self.parts if record.relay == relay), None)
        return replace(self, record=part, parts=(), of=relay) if part else None

    @property
    def is_checked(self) -> bool:
        """Whether it has the result of a customer's browser."""
        return BROWSER_RELAY in self.relays

    @property
    def outcome(self) -> str:
        """The outcome: "found", "clear", or "unclear"."""
        return self.record.diagnosis.outcome


def combine(case: str, run: str, user: str, records: Sequence[RunRecord], engine: Engine) -> FinishedRun:
    """Aggregate the *records* of one run, one per relay; an outage that all of them show is named as one.

    A customer's browser comes last. Where it and a relay contradict each other, neither is used.
    """
    if records[-1].relay == BROWSER_RELAY:
        # Most runs have no such result, and their way stays short.
        from bot.check_link.joined import join_browser

        records = join_browser(engine, records)
    else:
        records = name_outages(records, engine.knowledge)
    return FinishedRun(case, run, user, aggregate(records), tuple(records) if len(records) > 1 else ())


def view_of(engine: Engine, finished: FinishedRun, platform: str = EVERY) -> View:
    """Fill in all texts, for *platform*, too."""
    whole = for_platform(engine, finished.record, platform)
    return compared_view(whole, finished.records, engine.knowledge, engine.network)


def headline_of(engine: Engine, finished: FinishedRun) -> str:
    """Return the outcome over all relays in one line."""
    return view_of(engine, finished).headline


def for_platform(engine: Engine, record: RunRecord, platform: str) -> RunRecord:
    """Extend the advice to *platform*, if a cause that was found applies there.

    A cause found on one platform is a fault of the network, so its fixes apply to any platform.
    """
    diagnosis = record.diagnosis
    if not platform or platform in diagnosis.platforms:
        return record

    def widened(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        return tuple(
            replace(finding, platforms=(*finding.platforms, platform))
            if platform in (engine.knowledge.causes[finding.cause].platforms or (platform,))
            else finding
            for finding in findings
        )

    wider: Diagnosis = replace(
        diagnosis,
        platforms=(*diagnosis.platforms, platform),
        found=widened(diagnosis.found),
        risks=widened(diagnosis.risks),
    )
    return replace(record, diagnosis=wider)


def reevaluate(engine: Engine, finished: FinishedRun, request: Request) -> FinishedRun:
    """Conclude again from the same observations for *request*, which has one more answer or another platform."""
    records = engine.reevaluate(finished.records, request)
    return combine(finished.case, finished.run, finished.user, records, engine)
