"""Test the knowledge like code: examples, mutations, causes that cannot be separated, gaps, unused questions.

Pure. `load.py` reports errors in the files themselves. Each problem has a file and a line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from pathlib import Path

from knowledge.advice.template_names import template_problems
from knowledge.checking.completeness import gaps
from knowledge.checking.embedded_cases import Example, trial_problems, trials
from knowledge.checking.lint import (
    count_symptoms,
    heard_problems,
    not_separated,
    stale,
    symptom_problems,
    unfinished,
    unknown_services,
    unreachable,
)
from knowledge.checking.mutation import Mutation, mutations
from knowledge.checking.passage_checks import Checked, check_passages
from knowledge.model.network import Network
from knowledge.model.schema import Alternatives, Cause, Knowledge, Question
from knowledge.reasoning.selection import questions_of


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check; `str()` prints it."""

    lines: tuple[str, ...]
    problems: tuple[str, ...]
    mutations: int
    noticed: int

    @property
    def ok(self) -> bool:
        """Whether no problem was found."""
        return not self.problems

    def __str__(self) -> str:
        return "\n".join([*self.lines, *self.problems])


def report(
    knowledge: Knowledge,
    today: date | None = None,
    checked: Mapping[str, str] | None = None,
    answers: Path | None = None,
    network: Network | None = None,
) -> CheckReport:
    """Check all of *knowledge*; with *today*, list old facts as well, which is not a problem.

    *checked* maps the names of other files, such as network files, to the day they were last checked. The passages in
    the folder *answers* are checked as well. With *network*, questions may only ask about its services.
    """
    text = check_passages(knowledge, answers) if answers else None
    tried = trials(knowledge)
    mutants = list(mutations(knowledge, tried))
    pairs = list(_contained(knowledge))
    wrong = list(trial_problems(knowledge))
    mixed = list(_not_separated(pairs, tried))
    open_ = list(_not_exhaustive(knowledge))
    cases = len(tried) + sum(len(question.cases) for question in knowledge.questions.values())
    noticed = sum(mutation.noticed for mutation in mutants)
    lines = (
        f"{_count(knowledge)}, content {knowledge.digest[:12]}",
        f"cases: {cases}, {len(wrong)} problems",
        f"mutations: {_score(noticed, len(mutants))}",
        f"pairs of causes that contain each other: {len(pairs)}, {len(mixed)} not separated",
        f"questions with gaps: {len(open_)} of {len(knowledge.questions)}",
        f"symptoms: {count_symptoms(knowledge.causes)} phrases",
        *([_passages(text)] if text else []),
        *_old(knowledge, today, {**(checked or {}), **(text.days if text else {})}),
    )
    problems = [*wrong, *_survivors(mutants), *mixed, *open_, *_untested(knowledge), *_unused(knowledge)]
    problems += template_problems(knowledge)
    for more in (symptom_problems, heard_problems, unfinished, unreachable, not_separated):
        problems += more(knowledge)
    problems += unknown_services(knowledge, network.service_names) if network else ()
    problems += text.problems if text else ()
    return CheckReport(lines, tuple(problems), len(mutants), noticed)


def _passages(checked: Checked) -> str:
    return f"passages: {checked.passages}, {checked.questions} questions, {len(checked.problems)} problems"


def _old(knowledge: Knowledge, today: date | None, checked: Mapping[str, str] | None) -> Iterator[str]:
    if today is not None:
        old = list(stale(knowledge, today, checked))
        yield f"facts not checked for half a year: {len(old)}"
        yield from (f"  {item}" for item in old)


def _count(knowledge: Knowledge) -> str:
    return (
        f"{len(knowledge.errors)} error codes, {len(knowledge.platforms)} platforms, "
        f"{len(knowledge.questions)} questions, {len(knowledge.causes)} causes"
    )


def _score(noticed: int, total: int) -> str:
    percent = 100 * noticed // total if total else 100
    return f"{noticed} of {total} noticed, {percent} %"


def _survivors(mutants: list[Mutation]) -> Iterator[str]:
    for mutation in mutants:
        if not mutation.noticed:
            yield f"{mutation.where}: no case notices {mutation.what}"


def _contained(knowledge: Knowledge) -> Iterator[tuple[Cause, Cause]]:
    """Yield pairs of causes for the same code and platform where the second's conditions imply the first's."""
    for wide, narrow in permutations(knowledge.causes.values(), 2):
        together = set(wide.weight) & set(narrow.weight)
        apart = wide.platforms and narrow.platforms and not set(wide.platforms) & set(narrow.platforms)
        if together and not apart and _implies(narrow.when, wide.when):
            yield wide, narrow


def _implies(narrow: Alternatives, wide: Alternatives) -> bool:
    """Whether some alternative of *narrow* implies one of *wide*."""
    return any(
        all(id_ in condition and set(condition[id_]) <= set(fit) for id_, fit in other.items())
        for condition in narrow
        for other in wide
    )


def _not_separated(pairs: list[tuple[Cause, Cause]], tried: list[Example]) -> Iterator[str]:
    for wide, narrow in pairs:
        if not any(_separates(trial, wide.id, narrow.id) for trial in tried):
            here = wide.origin.at("cases")
            yield f"{here}: no case shows {wide.id} without {narrow.id}, whose conditions contain these"


def _separates(trial: Example, wide: str, narrow: str) -> bool:
    standing = trial.judgement().standing
    return standing.get(wide) == "found" and standing.get(narrow, "found") != "found"


def _not_exhaustive(knowledge: Knowledge) -> Iterator[str]:
    for question in knowledge.questions.values():
        for gap in gaps(question):
            yield f"{question.origin.at('answers')}: {question.id} has no answer for {gap}"


def _untested(knowledge: Knowledge) -> Iterator[str]:
    for cause in knowledge.causes.values():
        texts = [id_ for case in cause.cases for id_ in case.lists.get("found", ())]
        if cause.id not in texts:
            yield f"{cause.origin.at('cases')}: no case finds {cause.id}"
    for question in knowledge.questions.values():
        answered = {case.answer for case in question.cases}
        for name in question.every_name:
            if name not in answered:
                yield f"{question.origin.at('answers', name)}: no case gives the answer {name}"
        yield from _unsaid(question)


def _unsaid(question: Question) -> Iterator[str]:
    for answer in question.answers:
        if answer.option and answer.option.says == answer.name and question.person:
            here = question.origin.at("answers", answer.name)
            if (("answers", answer.name, "says")) not in question.origin.lines:
                yield f"{here}: a person cannot read the answer {answer.name}: say it in `says`"


def _unused(knowledge: Knowledge) -> Iterator[str]:
    used = {id_ for cause in knowledge.causes.values() for id_ in questions_of(cause)}
    waiting = list(used & knowledge.questions.keys())
    while waiting:
        for id_ in knowledge.questions[waiting.pop()].needs:
            if id_ not in used:
                used.add(id_)
                waiting.append(id_)
    for question in knowledge.questions.values():
        if question.id not in used:
            yield f"{question.origin.at('id')}: no cause asks {question.id}"
