"""Combine what the user's device reports with a relay's answers.

Pure. A report of the SDK's own test is one observation (probe `preflight`); so is pasted tool output (probe
`pasted`). A question's `device` section defines what their facts show about it; other answers stay as they
are. If device and relay contradict each other, neither is used: they may be on different networks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from knowledge.model.conclusions import Answered, By
from knowledge.model.rules import ObservedValues, holds
from knowledge.model.schema import DeviceAnswer, Question
from probes.protocol.model import Facts, Observation, Target

PREFLIGHT: Final = "preflight"  # a report of the SDK's own test, or its log, made on the user's device
PASTED: Final = "pasted"  # output of dig, openssl or curl
PLACED: Final = "placed"  # fact: false unless somebody stated that it was made on the user's device


def reports_in(observations: Mapping[str, Observation]) -> tuple[Observation, ...]:
    """List the observations that do not come from a relay, in order of arrival."""
    return tuple(
        observation for observation in observations.values() if observation.probe in (PREFLIGHT, PASTED)
    )


def reported(facts: Facts) -> Observation:
    """Make an observation of the user's device with *facts*."""
    target = Target(str(facts.get("service", "device")), edge=str(facts.get("edge_asked", "")))
    return Observation(PREFLIGHT, PREFLIGHT, target, None, facts)


def shown_by(question: Question, report: Observation) -> DeviceAnswer | None:
    """The first device answer to *question* that *report* shows; None if it shows none."""
    observed = [ObservedValues(report.probe, report.target, report)]
    return next((answer for answer in question.device if holds(answer.rule, observed)), None)


def device_answer(question: Question, reports: Iterable[Observation]) -> tuple[DeviceAnswer, Answered] | None:
    """What all *reports* together show about *question*; None if nothing, or if they contradict each other."""
    visible = [
        (observation, answer) for observation in reports if (answer := shown_by(question, observation))
    ]
    if not visible or len({answer.name for _, answer in visible}) > 1:
        return None
    placed = any(report.facts.get(PLACED, True) for report, _ in visible)
    by: By = "device" if placed else "reference"
    where = "the user's device" if placed else "the pasted text"
    first = visible[0][1]
    because = f"reported by {where}: {said(question, first)}"
    return first, Answered(question.id, first.name, because, tuple(report.step for report, _ in visible), by)


def said(question: Question, answer: DeviceAnswer) -> str:
    """The device's answer, in words for people."""
    return answer.says or question.says(answer.name)


def with_device(question: Question, given: Answered, reports: Sequence[Observation]) -> Answered:
    """Combine *given* with what *reports* show; if they contradict each other, the answer is unknown."""
    found = device_answer(question, reports) if question.device and reports else None
    if found is None:
        return given
    answer, answered = found
    if given.answer is None or given.answer in answer.over:
        return answered
    if given.firm is None and answered.firm is not None:
        return answered  # a reference relay is on another network
    if given.answer == answered.answer or given.answer in answer.agrees:
        steps = (*given.steps, *answered.steps)
        return replace(given, because=f"{given.because}; {answered.because}", steps=steps)
    if answered.firm is None:
        return given
    because = f"{given.because}; {answered.because}: they disagree, so neither result is used"
    return Answered(question.id, None, because, (*given.steps, *answered.steps), given.by)
