"""What the user's own device saw, laid beside the answers of a relay.

Pure. A report of the SDK's own test is one observation (probe `preflight`); so is output that somebody pasted
(probe `pasted`). A question says in `device` what their facts show about it; what they do not show stays as it is.
Where device and relay contradict each other neither is taken: they need not stand in the same network.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from knowledge.model.conclusions import Answered, By
from knowledge.model.rules import ObservedValues, holds
from knowledge.model.schema import DeviceAnswer, Question
from probes.protocol.model import Facts, Observation, Target

PREFLIGHT: Final = "preflight"  # a report of the SDK's own test, or its log: made on the user's device
PASTED: Final = "pasted"  # output of dig, openssl or curl
PLACED: Final = "placed"  # fact: false where nobody said that it was made on the user's device


def reports_in(observations: Mapping[str, Observation]) -> tuple[Observation, ...]:
    """List what did not come from a relay, in the order in which it came."""
    return tuple(
        observation for observation in observations.values() if observation.probe in (PREFLIGHT, PASTED)
    )


def reported(facts: Facts) -> Observation:
    """Make an observation of the user's device that noted *facts*."""
    target = Target(str(facts.get("service", "device")), edge=str(facts.get("edge_asked", "")))
    return Observation(PREFLIGHT, PREFLIGHT, target, None, facts)


def shown_by(question: Question, report: Observation) -> DeviceAnswer | None:
    """The first of the device's answers to *question* that *report* shows; None when it shows none."""
    observed = [ObservedValues(report.probe, report.target, report)]
    return next((answer for answer in question.device if holds(answer.rule, observed)), None)


def device_answer(question: Question, reports: Iterable[Observation]) -> tuple[DeviceAnswer, Answered] | None:
    """What all *reports* show together about *question*; None when they show nothing, or contradict each other."""
    visible = [
        (observation, answer) for observation in reports if (answer := shown_by(question, observation))
    ]
    if not visible or len({answer.name for _, answer in visible}) > 1:
        return None
    placed = any(report.facts.get(PLACED, True) for report, _ in visible)
    by: By = "device" if placed else "reference"
    where = "the user's device" if placed else "what was pasted"
    first = visible[0][1]
    because = f"seen by {where}: {said(question, first)}"
    return first, Answered(question.id, first.name, because, tuple(report.step for report, _ in visible), by)


def said(question: Question, answer: DeviceAnswer) -> str:
    """What the device shows, as a person reads it."""
    return answer.says or question.says(answer.name)


def with_device(question: Question, given: Answered, reports: Sequence[Observation]) -> Answered:
    """Lay what *reports* show beside the answer that was *given*; neither counts where they contradict."""
    found = device_answer(question, reports) if question.device and reports else None
    if found is None:
        return given
    answer, answered = found
    if given.answer is None or given.answer in answer.over:
        return answered
    if given.firm is None and answered.firm is not None:
        return answered  # a reference relay stands elsewhere
    if given.answer == answered.answer or given.answer in answer.agrees:
        steps = (*given.steps, *answered.steps)
        return replace(given, because=f"{given.because}; {answered.because}", steps=steps)
    if answered.firm is None:
        return given
    because = f"{given.because}; {answered.because}: they differ, so neither is taken"
    return Answered(question.id, None, because, (*given.steps, *answered.steps), given.by)
