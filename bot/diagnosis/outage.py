"""Name an outage of the service: what fails from every relay, a reference relay included, while other sites work.

Pure: no network, no clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from bot.diagnosis.comparison import compare
from bot.diagnosis.comparison_text import named
from bot.diagnosis.run_record import RunRecord
from knowledge.model.conclusions import Diagnosis, Finding, Judged
from knowledge.model.impact import IMPACTS
from knowledge.model.schema import Knowledge
from knowledge.reasoning.outcome import split
from probes.protocol.model import REFERENCE

# Checks that show that something beyond the relay's network answers.
_CONTROLS: Final = frozenset({"portal", "tcp", "tls", "http", "turn", "stun"})


def name_outages(records: Sequence[RunRecord], knowledge: Knowledge) -> tuple[RunRecord, ...]:
    """Return the *records* of one request, with causes that every relay shows replaced by `from_everywhere`.

    Without a reference relay, or if a relay cannot tell, nothing is replaced. Nor is it where a device on the path of a
    relay refuses the connections.
    """
    if any(map(_is_refused_on_path, records)):
        return tuple(records)
    references = {named(record) for record in records if record.vantage == REFERENCE}
    common = {
        cause.cause
        for cause in compare(records).causes
        if cause.scope == "everywhere"
        and not cause.unknown_from
        and references.intersection(cause.seen_from)
        and cause.cause in knowledge.causes
        and knowledge.causes[cause.cause].from_everywhere
    }
    if not common or not all(_others_work(record, _failing(records, common)) for record in records):
        return tuple(records)
    return tuple(
        replace(record, diagnosis=_replaced(record.diagnosis, common, knowledge)) for record in records
    )


def _is_refused_on_path(record: RunRecord) -> bool:
    edges = (observation for observation in record.observations.values() if observation.probe == "edges")
    return any(observation.facts.get("refused_early") is True for observation in edges)


def _failing(records: Sequence[RunRecord], common: Collection[str]) -> set[str]:
    """The services that the *common* causes are about."""
    return {
        record.observations[step].target.service
        for record in records
        for finding in record.diagnosis.found
        for step in finding.steps
        if finding.cause in common
        and step in record.observations
        and record.observations[step].failure is not None
    }


def _others_work(record: RunRecord, failing: Collection[str]) -> bool:
    """Whether anything but the *failing* services answered the relay of *record*."""
    return any(
        observation.has_result
        and observation.failure is None
        and observation.probe in _CONTROLS
        and observation.target.service not in failing
        for observation in record.observations.values()
    )


def _replaced(diagnosis: Diagnosis, common: Collection[str], knowledge: Knowledge) -> Diagnosis:
    theirs = [finding for finding in diagnosis.found if finding.cause in common]
    targets = dict.fromkeys(knowledge.causes[finding.cause].from_everywhere for finding in theirs)
    for target in targets:
        group = [item for item in theirs if knowledge.causes[item.cause].from_everywhere == target]
        diagnosis = _replaced_by(diagnosis, group, target, knowledge.causes[target].title)
    return diagnosis


def _replaced_by(diagnosis: Diagnosis, group: Sequence[Finding], cause: str, title: str) -> Diagnosis:
    """Put *cause* in the place of the findings of *group*, which become its effects."""
    gone = {finding.cause for finding in group}
    effects = (*gone, *chain.from_iterable(finding.effects for finding in group))
    outage = Finding(
        cause=cause,
        title=title,
        confidence="certain",
        because=tuple(dict.fromkeys(chain.from_iterable(finding.because for finding in group))),
        steps=tuple(dict.fromkeys(chain.from_iterable(finding.steps for finding in group))),
        effects=tuple(dict.fromkeys(effects)),
        platforms=tuple(dict.fromkeys(chain.from_iterable(finding.platforms for finding in group))),
        weight=max(finding.weight for finding in group),
        impact=min((finding.impact for finding in group), key=IMPACTS.index),
    )
    kept = [finding for finding in diagnosis.found if finding.cause not in gone]
    found, _ = split([outage, *kept])
    earlier = (replace(judged, by=cause) if judged.by in gone else judged for judged in diagnosis.explained)
    return replace(
        diagnosis, found=found, explained=(*(_effect(item, cause, title) for item in group), *earlier)
    )


def _effect(finding: Finding, cause: str, title: str) -> Judged:
    return Judged(
        cause=finding.cause,
        title=finding.title,
        because=f"an effect of: {title}",
        steps=finding.steps,
        platforms=finding.platforms,
        by=cause,
        weight=finding.weight,
    )
