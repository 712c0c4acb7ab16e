"""Mutation testing: delete each condition of the knowledge in turn, and test whether an example fails.

Pure. A condition whose deletion makes no example fail is not tested, even if it is covered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from knowledge.checking.embedded_cases import Example, question_case_problem
from knowledge.model.problems import Path
from knowledge.model.schema import Alternatives, Cause, Condition, Knowledge, Question
from knowledge.reasoning.selection import cause_for


@dataclass(frozen=True, slots=True)
class Mutation:
    """One deletion, its place, and whether an example failed."""

    where: str  # file:line
    what: str
    noticed: bool


def mutations(knowledge: Knowledge, trials: list[Example]) -> Iterator[Mutation]:
    """Delete each condition of a cause and each answer of a question in turn, and yield the results."""
    for cause in knowledge.causes.values():
        for path, what, mutant in _mutants(cause):
            noticed = _cause_noticed(mutant, trials, knowledge)
            yield Mutation(cause.origin.at(*path), f"{cause.id}: without {what}", noticed)
    for question in knowledge.questions.values():
        for answer in question.answers:
            rest = tuple(rule for rule in question.answers if rule != answer)
            noticed = _question_noticed(replace(question, answers=rest))
            where = question.origin.at("answers", answer.name)
            yield Mutation(where, f"{question.id}: without the answer {answer.name}", noticed)
        for device_answer in question.device:
            others = tuple(item for item in question.device if item != device_answer)
            noticed = _question_noticed(replace(question, device=others))
            where = question.origin.at("device", device_answer.name)
            yield Mutation(where, f"{question.id}: without the device's answer {device_answer.name}", noticed)


def _cause_noticed(mutant: Cause, trials: list[Example], knowledge: Knowledge) -> bool:
    """Whether an example fails with *mutant*; the cause's own examples run first."""
    for trial in sorted(trials, key=lambda example: example.owner != mutant.id):
        if mutant.id in trial.case.causes:
            changed = cause_for(mutant, trial.case.questions)
            case = replace(trial.case, causes={**trial.case.causes, mutant.id: changed})
            if trial.wrong(case):
                return True
    return False


def _question_noticed(mutant: Question) -> bool:
    return any(question_case_problem(mutant, case) for case in mutant.cases)


def _mutants(cause: Cause) -> Iterator[tuple[Path, str, Cause]]:
    """Yield each deletion in *cause*: its path, its description, and the cause without it."""
    for key in ("when", "likely_when"):
        alternatives: Alternatives = getattr(cause, key)
        for path, what, left in _alternatives_without(key, alternatives, cause):
            yield path, what, _with(cause, key, left)
    yield from _impacts_without(cause)
    for rest, what, condition in _condition_without(cause.clears_only_if):
        yield ("clears_only_if", *rest), f"{what} in clears_only_if", replace(cause, clears_only_if=condition)
    for rest, what, condition in _condition_without(cause.clears_if):
        yield ("clears_if", *rest), f"{what} in clears_if", replace(cause, clears_if=condition)
    for number, effect in enumerate(cause.explains):
        here: Path = ("explains", number)
        before, after = cause.explains[:number], cause.explains[number + 1 :]
        yield here, f"explaining {effect.id}", replace(cause, explains=(*before, *after))
        for rest, what, condition in _condition_without(effect.when):
            loose = (*before, replace(effect, when=condition), *after)
            text = f"{what} in explaining {effect.id}"
            yield (*here, "when", *rest), text, replace(cause, explains=loose)


def _impacts_without(cause: Cause) -> Iterator[tuple[Path, str, Cause]]:
    """Yield *cause* without each entry of `impact_when`, and without each part of its condition."""
    for number, item in enumerate(cause.impact_when):
        here: Path = ("impact_when", number)
        before, after = cause.impact_when[:number], cause.impact_when[number + 1 :]
        yield here, f"the impact {item.impact}", replace(cause, impact_when=(*before, *after))
        for rest, what, condition in _condition_without(item.when):
            looser = (*before, replace(item, when=condition), *after)
            yield (*here, "when", *rest), f"{what} in impact_when", replace(cause, impact_when=looser)


def _alternatives_without(
    key: str, alternatives: Alternatives, cause: Cause
) -> Iterator[tuple[Path, str, Alternatives]]:
    for number, condition in enumerate(alternatives):
        here: Path = (key, number) if (key, number) in cause.origin.lines else (key,)
        before, after = alternatives[:number], alternatives[number + 1 :]
        if len(alternatives) > 1:
            yield here, f"the alternative {number + 1} of {key}", (*before, *after)
        for rest, what, left in _condition_without(condition):
            yield (*here, *rest), f"{what} in {key}", (*before, left, *after)


def _condition_without(condition: Condition) -> Iterator[tuple[Path, str, Condition]]:
    """Yield *condition* without each question, and without each answer of that question."""
    for question, fit in condition.items():
        yield (question,), question, {id_: texts for id_, texts in condition.items() if id_ != question}
        for number, answer in enumerate(fit):
            left = tuple(item for item in fit if item != answer)
            yield (question, number), f"{question}: {answer}", {**condition, question: left}


def _with(cause: Cause, key: str, alternatives: Alternatives) -> Cause:
    change: dict[str, Callable[[], Cause]] = {
        "when": lambda: replace(cause, when=alternatives),
        "likely_when": lambda: replace(cause, likely_when=alternatives),
    }
    return change[key]()
