"""Run the examples (`cases`) in the files of questions and causes.

Pure. An example of a question gives observations (or words) and expects an answer. An example of a cause gives
answers and expects lists. Each list must contain at least the causes named. If `found` is given without the file's
own cause, that cause must not be found. Other causes do not matter, so that a new cause breaks no other file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from knowledge.model.conclusions import Answered, By
from knowledge.model.examples import CauseExample, QuestionExample
from knowledge.model.rules import FAILURE, LABELS, ObservedValues
from knowledge.model.schema import (
    UNKNOWN,
    CaseModel,
    EdgeScope,
    Knowledge,
    Observe,
    Question,
)
from knowledge.reasoning.answers import judge as answer_question
from knowledge.reasoning.answers import option_for
from knowledge.reasoning.device import reported, shown_by
from knowledge.reasoning.judge import CauseJudgment, judge
from knowledge.reasoning.selection import select_causes
from knowledge.search.heard import heard_in
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

RUNNING: Final = "running"  # as `failure` in an example: the check has not ended yet


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a cause, ready to be judged."""

    owner: str  # the cause whose file contains it
    number: int
    given: CauseExample
    case: CaseModel
    answers: Mapping[str, Answered]

    def judgement(self, case: CaseModel | None = None) -> CauseJudgment:
        """Judge the example by its own case model, or by *case*."""
        return judge(case or self.case, self.answers)

    def wrong(self, case: CaseModel | None = None) -> list[str]:
        """List the differences from what the author expects."""
        judgement = self.judgement(case)
        lists = lists_of(judgement)
        problems = []
        for name, ids in self.given.lists.items():
            missing = [id_ for id_ in ids if id_ not in lists[name]]
            problems += [f"{id_} is {_place(id_, lists)}, not {_spoken(name)}" for id_ in missing]
        if self.owner in lists["found"] and self.owner not in self.given.lists.get("found", [self.owner]):
            problems.append(f"{self.owner} is found as well")
        for id_, wanted in self.given.confidence.items():
            is_ = "likely" if id_ in judgement.likely else "certain"
            if is_ != wanted:
                problems.append(f"{id_} is {is_}, not {wanted}")
        for id_, impact in self.given.impact.items():
            is_ = judgement.impact.get(id_, "not in question for this code and platform")
            if is_ != impact:
                problems.append(f"the impact of {id_} is {is_}, not {impact}")
        return problems


def trials(knowledge: Knowledge) -> list[Example]:
    """List every example of every cause."""
    cases: dict[tuple[str, str], CaseModel] = {}
    found = []
    for cause in knowledge.causes.values():
        code = next(iter(cause.weight))
        for number, given in enumerate(cause.cases):
            platforms = (given.platform,) if given.platform else cause.platforms or (*knowledge.platforms,)
            for platform in platforms:
                if (code, platform) not in cases:
                    cases[code, platform] = select_causes(knowledge, _Everywhere(knowledge), code, platform)
            fitting = [cases[code, p] for p in platforms if _fits(given, cases[code, p])]
            case = fitting[0] if fitting else cases[code, platforms[0]]
            found.append(Example(cause.id, number, given, case, _answers(case, given)))
    return found


def lists_of(judgement: CauseJudgment) -> dict[str, list[str]]:
    """Return the five lists of a diagnosis as cause ids."""
    lists: dict[str, list[str]] = {
        name: [] for name in ("found", "explained", "possible", "ruled_out", "not_checked")
    }
    for id_, standing in judgement.standing.items():
        lists["explained" if id_ in judgement.explained_by else standing].append(id_)
    return lists


def question_case_problem(question: Question, case: QuestionExample) -> str | None:
    """Say which answer *case* gives instead of the expected one; None when it is correct."""
    given = _given_answer(question, case)
    return None if given == case.answer else f"the answer is {given}, not {case.answer}"


def trial_problems(knowledge: Knowledge) -> Iterator[str]:
    """Yield each example of a question or cause whose result is not what its author expects."""
    for question in knowledge.questions.values():
        for number, case in enumerate(question.cases):
            if problem := question_case_problem(question, case):
                yield f"{question.origin.at('cases', number)}: {problem}"
    for trial in trials(knowledge):
        origin = knowledge.causes[trial.owner].origin
        for id_ in trial.given.given:
            if id_ not in trial.case.questions:
                here = origin.at("cases", trial.number, "given", id_)
                yield f"{here}: nobody asks {id_} for {trial.case.code} on {trial.case.platform}"
        for problem in trial.wrong():
            yield f"{origin.at('cases', trial.number)}: {problem}"


def _fits(given: CauseExample, case: CaseModel) -> bool:
    """Whether *case* contains every question and cause that *given* names."""
    named = {id_ for ids in (*given.lists.values(), given.impact) for id_ in ids}
    return given.given.keys() <= case.questions.keys() and named <= case.causes.keys()


def _given_answer(question: Question, case: QuestionExample) -> str:
    if case.heard and isinstance(case.given, str):
        return (heard_in(case.given, question.person.heard) if question.person else None) or UNKNOWN
    if isinstance(case.given, str):
        return option_for(question, case.given) or UNKNOWN
    if case.device:
        answer = shown_by(question, reported(case.given[0]))
        return answer.name if answer else UNKNOWN
    observed = [_seen(question, number, facts) for number, facts in enumerate(case.given)]
    return answer_question(question, observed).answer or UNKNOWN


def _seen(question: Question, number: int, given: Mapping[str, Any]) -> ObservedValues:
    """Make the observation that an example gives; missing labels are those of the question's own check."""
    observe = _observe_of(question, given)
    labels = {
        "service": observe.service,
        "port": observe.port or 0,
        "transport": observe.transport or "tcp",
        **{key: value for key, value in given.items() if key in LABELS and key != "probe"},
    }
    probe = str(given.get("probe", observe.probe))
    target = Target(**labels)
    word = given.get(FAILURE)
    if word == RUNNING:
        return ObservedValues(probe, target, None)
    facts = {key: value for key, value in given.items() if key not in (*LABELS, FAILURE)}
    failure = None if word is None else Failure(word)
    return ObservedValues(probe, target, Observation(f"look {number + 1}", probe, target, failure, facts))


def _observe_of(question: Question, given: Mapping[str, Any]) -> Observe:
    """Return the first entry of the question's `observe` with the labels given."""
    for observe in question.observe:
        known = {"probe": observe.probe, "service": observe.service, "transport": observe.transport or "tcp"}
        if all(given.get(key, value) == value for key, value in known.items()):
            return observe
    return question.observe[0]


def _answers(case: CaseModel, given: CauseExample) -> dict[str, Answered]:
    answers = {}
    for id_, question in case.questions.items():
        answer = given.given.get(id_)
        by: By = "person" if question.said else "relay"
        unknown = Answered(id_, None, "not given", (), "relay", (id_,))
        answers[id_] = unknown if answer in (None, UNKNOWN) else Answered(id_, answer, "given")
        answers[id_] = replace(answers[id_], by=by)
    return answers


def _place(id_: str, lists: Mapping[str, list[str]]) -> str:
    place = next((name for name, ids in lists.items() if id_ in ids), None)
    return _spoken(place) if place else "not in question for this code and platform"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


class _Everywhere:
    """A network with every service that a question may check; examples in the files run no checks."""

    resolvers = ("resolver",)

    def __init__(self, knowledge: Knowledge) -> None:
        looks = (observe for question in knowledge.questions.values() for observe in question.observe)
        self._ways = {(observe.port or 0, observe.transport or "tcp") for observe in looks}

    def targets(
        self, service: str, platform: str, edge_scope: EdgeScope, chosen_edge: str, /
    ) -> tuple[Target, ...]:
        return tuple(Target(service, "", port, transport) for port, transport in sorted(self._ways))
