"""One finished run as it is kept in memory: a record for each relay, and all of them laid together.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.aggregate import together
from bot.diagnosis.engine import Desk
from bot.diagnosis.triage import CaseRecord, open_matter
from bot.model.request import Request
from bot.rendering.blocks.elements import Asked
from bot.rendering.vantage_summary import compared_view
from bot.rendering.view import View
from knowledge.model.conclusions import Diagnosis

EVERY: Final = ""  # no platform chosen: all of them


@dataclass(frozen=True, slots=True)
class Seen:
    """One finished run of one case, and who asked for it."""

    case: str
    run: str
    user: str
    record: CaseRecord  # of several relays: what all of them saw, laid together
    parts: tuple[CaseRecord, ...] = ()  # of several relays: each one's own, in the order asked for
    of: str = ""  # the relay of several whose own record this is

    @property
    def asked(self) -> Asked:
        """What its buttons carry."""
        return Asked(self.case, self.run, self.of)

    @property
    def records(self) -> tuple[CaseRecord, ...]:
        """A record for each relay."""
        return self.parts or (self.record,)

    @property
    def relays(self) -> tuple[str, ...]:
        """From where it was looked."""
        return tuple(record.relay for record in self.records)

    def from_(self, relay: str) -> "Seen | None":
        """Give what *relay* saw by itself; none where it did not look."""
        part = next((one for one in self.parts if one.relay == relay), None)
        return replace(self, record=part, parts=(), of=relay) if part else None

    @property
    def outcome(self) -> str:
        """Found, clear or unclear."""
        return self.record.diagnosis.outcome


def seen_of(case: str, run: str, user: str, records: Sequence[CaseRecord]) -> Seen:
    """Lay the *records* of one run together, one from each relay."""
    return Seen(case, run, user, together(records), tuple(records) if len(records) > 1 else ())


def view_of(desk: Desk, seen: Seen, platform: str = EVERY) -> View:
    """Fill in every text, for *platform* too."""
    whole = widened(desk, seen.record, platform)
    return compared_view(whole, seen.records, desk.knowledge, desk.network)


def headline_of(desk: Desk, seen: Seen) -> str:
    """Say the outcome in one line, over all relays."""
    return view_of(desk, seen).headline


def widened(desk: Desk, record: CaseRecord, platform: str) -> CaseRecord:
    """Let the advice cover *platform* too, where a cause that was found may happen there.

    A cause found on one platform is a fault of the network; the steps against it can be told for any.
    """
    diagnosis = record.diagnosis
    if not platform or platform in diagnosis.platforms:
        return record
    found = tuple(
        replace(one, platforms=(*one.platforms, platform))
        if platform in (desk.knowledge.causes[one.cause].platforms or (platform,))
        else one
        for one in diagnosis.found
    )
    wider: Diagnosis = replace(diagnosis, platforms=(*diagnosis.platforms, platform), found=found)
    return replace(record, diagnosis=wider)


def rewalked(desk: Desk, seen: Seen, request: Request) -> Seen:
    """Conclude anew from the same looks, for *request*: one more answer, or one platform of all."""
    matter = open_matter(request, desk.knowledge, desk.network)

    def again(record: CaseRecord) -> CaseRecord:
        answers = matter.answers(record.observations, request.told, record.vantage)
        diagnosis = matter.diagnosis(answers, record.observations)
        return replace(record, request=request, answers=answers, diagnosis=diagnosis)

    return seen_of(seen.case, seen.run, seen.user, [again(record) for record in seen.records])
