"""Tell which failed checks of a case its found causes account for, and which failures change a clear outcome.

Pure.
"""

from collections.abc import Mapping

from knowledge.model.conclusions import Answers
from knowledge.model.schema import CaseModel
from knowledge.reasoning.judge import CauseJudgment, effects_of
from knowledge.reasoning.selection import judged_by
from probes.protocol.model import Observation


def failed_in(case: CaseModel, observations: Mapping[str, Observation]) -> dict[str, None]:
    """The steps of *case* whose check ran and failed, each once."""
    steps = dict.fromkeys(spec.step for wanted in case.probes.values() for spec in wanted)
    found = (observations[step] for step in steps if step in observations)
    return {
        observation.step: None
        for observation in found
        if observation.has_result and observation.failure is not None
    }


def strict_in(case: CaseModel) -> frozenset[str]:
    """The steps of questions that do not tolerate a failure."""
    strict = (id_ for id_, question in case.questions.items() if not question.tolerant)
    return frozenset(spec.step for id_ in strict for spec in case.probes[id_])


def accounted_by(case: CaseModel, answers: Answers, judgement: CauseJudgment) -> dict[str, None]:
    """The steps behind the answered questions of found causes and of the causes that they explain."""
    found = {id_ for id_, standing in judgement.standing.items() if standing == "found"}
    causes, waiting = set(found), list(found)
    while waiting:
        for effect in effects_of(case, waiting.pop(), answers):
            if effect not in causes:
                causes.add(effect)
                waiting.append(effect)
    questions = [q for id_ in case.causes if id_ in causes for q in judged_by(case.causes[id_])]
    of_found = {q for id_ in found for q in judged_by(case.causes[id_])}
    answered = [q for q in dict.fromkeys(questions) if answers[q].answer is not None or q not in of_found]
    return {spec.step: None for q in answered for spec in case.probes[q]}
