"""Combine the runs of several relays into one record, so that every renderer can show it like a single run.

Pure: no network, no clock. Observations are named with their relay, so that none hides another.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.diagnosis.comparison import leading
from bot.diagnosis.comparison_text import listed, relay_text
from bot.diagnosis.run_record import RunRecord
from knowledge.model.conclusions import Diagnosis, Finding, Judged
from knowledge.reasoning.merge import merge
from probes.protocol.model import REFERENCE, Observation


def aggregate(records: Sequence[RunRecord]) -> RunRecord:
    """Combine the *records* of one request, one per relay; a single record is returned unchanged.

    A cause is found if any relay finds it, and ruled out only if every relay in the user's networks rules it out. A
    reference relay contributes observations, but no conclusions about a user's network.
    """
    if len(records) == 1:
        return records[0]
    first = leading(records)
    own = _inside(records)
    return replace(
        first,
        relay=listed(relay_text(record.relay) for record in records),
        vantage=own[0].vantage,
        observations={look.step: look for record in records for look in _named(record)},
        diagnosis=_diagnosis(own, first),
        started=min(record.started for record in records),
        timings={"total": max(record.timings.get("total", 0.0) for record in records)},
    )


def step_of(relay: str, step: str) -> str:
    """Return the step id of an observation with its relay."""
    return f"{relay}: {step}"


def unchecked_by_all(records: Sequence[RunRecord]) -> tuple[Judged, ...]:
    """List the causes that no relay in the user's networks could check, except those that need a person's answer."""
    own = _inside(records)
    unchecked = [
        {judged.cause: judged for judged in record.diagnosis.not_checked if not judged.person_only}
        for record in own
    ]
    return tuple(judged for cause, judged in unchecked[0].items() if all(cause in each for each in unchecked))


def _inside(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Return the records of relays in a user's network, or all records if there are none."""
    return [record for record in records if record.vantage != REFERENCE] or list(records)


def _named(record: RunRecord) -> list[Observation]:
    return [
        replace(look, step=step_of(record.relay, look.step), facts={**look.facts, "relay": record.relay})
        for look in record.observations.values()
    ]


def _diagnosis(records: Sequence[RunRecord], first: RunRecord) -> Diagnosis:
    whole = merge([_renamed(record) for record in records])
    mixed = tuple(_ruled_out_in_part(judged, records) for judged in whole.not_checked)
    question = first.diagnosis.next_question or whole.next_question
    is_clear = all(record.diagnosis.outcome == "clear" for record in records)
    return replace(
        whole,
        outcome="clear" if is_clear else whole.outcome,
        platforms=first.diagnosis.platforms,
        not_checked=mixed,
        path=_renamed(first).path,
        next_question=question,
    )


def _ruled_out_in_part(item: Judged, records: Sequence[RunRecord]) -> Judged:
    """Add to *item* the relays that ruled it out, if another relay could not check it."""
    fine = [
        record.relay
        for record in records
        if any(judged.cause == item.cause for judged in record.diagnosis.ruled_out)
    ]
    return replace(item, because=f"ruled out from {listed(fine)} only; {item.because}") if fine else item


def _renamed(record: RunRecord) -> Diagnosis:
    """Return the diagnosis of *record* with the relay in every step id."""
    diagnosis = record.diagnosis

    def steps(known: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(step_of(record.relay, step) for step in known)

    def findings(known: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(replace(finding, steps=steps(finding.steps)) for finding in known)

    def judged(known: tuple[Judged, ...]) -> tuple[Judged, ...]:
        return tuple(replace(judged, steps=steps(judged.steps)) for judged in known)

    return replace(
        diagnosis,
        found=findings(diagnosis.found),
        risks=findings(diagnosis.risks),
        explained=judged(diagnosis.explained),
        possible=judged(diagnosis.possible),
        ruled_out=judged(diagnosis.ruled_out),
        not_checked=judged(diagnosis.not_checked),
        unexplained=steps(diagnosis.unexplained),
        tolerated=steps(diagnosis.tolerated),
        accounted=steps(diagnosis.accounted),
        path=tuple(replace(step, steps=steps(step.steps)) for step in diagnosis.path),
    )
