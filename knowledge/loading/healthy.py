"""Which answer of a question a healthy network gives.

Pure.
"""

from collections.abc import Iterable

from knowledge.model.rules import ObservedValues, holds
from knowledge.model.schema import AnswerRule, Observe
from probes.protocol.model import Observation, Target


def healthy_answer(answers: Iterable[AnswerRule], observe: Iterable[Observe]) -> str | None:
    """The answer if every check succeeds without facts; None if that does not decide it."""
    observed = [
        ObservedValues(place.probe, target, Observation("", place.probe, target, None))
        for place, target in _places(observe)
    ]
    for answer in answers:
        truth = holds(answer.rule, observed) if answer.rule and observed else None
        if truth is not False:
            return answer.name if truth else None
    return None


def _places(observe: Iterable[Observe]) -> list[tuple[Observe, Target]]:
    return [(item, Target(item.service, "", item.port or 0, item.transport or "tcp")) for item in observe]
