"""One finished run as it is kept in memory: a record for each relay, and all of them laid together.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.engine import Engine
from bot.diagnosis.triage import RunRecord, prepare
from bot.model.request import Request
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.vantage_summary import compared_view
from bot.rendering.view import View
from knowledge.model.conclusions import Diagnosis

EVERY: Final = ""  # no platform chosen: all of them


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """One finished run of one case, and who asked for it."""

    case: str
    run: str
    user: str
    record: RunRecord  # of several relays: what all of them saw, laid together
    parts: tuple[RunRecord, ...] = ()  # of several relays: each one's own, in the order asked for
    of: str = ""  # the relay of several whose own record this is

    @property
    def asked(self) -> ButtonContext:
        """What its buttons carry."""
        return ButtonContext(self.case, self.run, self.of)

    @property
    def records(self) -> tuple[RunRecord, ...]:
        """A record for each relay."""
        return self.parts or (self.record,)

    @property
    def relays(self) -> tuple[str, ...]:
        """From where it was looked."""
        return tuple(record.relay for record in self.records)

    def from_relay(self, relay: str) -> "FinishedRun | None":
        """Give what *relay* saw by itself; none where it did not look."""
        part = next((record for record in self.parts if record.relay == relay), None)
        return replace(self, record=part, parts=(), of=relay) if part else None

    @property
    def outcome(self) -> str:
        """Found, clear or unclear."""
        return self.record.diagnosis.outcome


def combine(case: str, run: str, user: str, records: Sequence[RunRecord]) -> FinishedRun:
    """Lay the *records* of one run together, one from each relay."""
    return FinishedRun(case, run, user, aggregate(records), tuple(records) if len(records) > 1 else ())


def view_of(engine: Engine, finished: FinishedRun, platform: str = EVERY) -> View:
    """Fill in every text, for *platform* too."""
    whole = for_platform(engine, finished.record, platform)
    return compared_view(whole, finished.records, engine.knowledge, engine.network)


def headline_of(engine: Engine, finished: FinishedRun) -> str:
    """Say the outcome in one line, over all relays."""
    return view_of(engine, finished).headline


def for_platform(engine: Engine, record: RunRecord, platform: str) -> RunRecord:
    """Let the advice cover *platform* too, where a cause that was found may happen there.

    A cause found on one platform is a fault of the network; the steps against it can be told for any.
    """
    diagnosis = record.diagnosis
    if not platform or platform in diagnosis.platforms:
        return record
    found = tuple(
        replace(finding, platforms=(*finding.platforms, platform))
        if platform in (engine.knowledge.causes[finding.cause].platforms or (platform,))
        else finding
        for finding in diagnosis.found
    )
    wider: Diagnosis = replace(diagnosis, platforms=(*diagnosis.platforms, platform), found=found)
    return replace(record, diagnosis=wider)


def reevaluate(engine: Engine, finished: FinishedRun, request: Request) -> FinishedRun:
    """Conclude anew from the same looks, for *request*: one more answer, or one platform of all."""
    problem = prepare(request, engine.knowledge, engine.network)

    def again(record: RunRecord) -> RunRecord:
        answers = problem.answers(record.observations, request.answers, record.vantage)
        diagnosis = problem.diagnosis(answers, record.observations)
        return replace(record, request=request, answers=answers, diagnosis=diagnosis)

    return combine(finished.case, finished.run, finished.user, [again(record) for record in finished.records])
