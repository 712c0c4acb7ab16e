"""Further checks of the knowledge: symptoms, TODOs, unknown services, unreachable or inseparable causes, old facts.

Pure: the caller passes the date.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Final

from knowledge.authoring.skeleton import TO_DO
from knowledge.model.problems import nearest
from knowledge.model.schema import UNKNOWN, Alternatives, Cause, Condition, Knowledge
from knowledge.reasoning.answers import option_for
from knowledge.search.heard import pattern_of
from knowledge.search.tokens import telling, words_of

SYMPTOMS: Final = 8  # phrases that a cause must have, so that free text can be matched to it
TELLING: Final = 2  # distinctive words that a phrase needs; one alone occurs in unrelated texts
HEARD: Final = 2  # descriptions that answer a question, and others that do not
OLD: Final = 180  # days after which the facts about a service should be checked again


def symptom_problems(knowledge: Knowledge) -> Iterator[str]:
    """Yield causes with too few symptoms, phrases of more than one cause, and phrases too short to be matched."""
    owners: dict[str, str] = {}
    for cause in knowledge.causes.values():
        count = len(cause.symptoms)
        if count < SYMPTOMS:
            yield f"{cause.origin.at('symptoms')}: {cause.id} has {count} symptoms, and needs {SYMPTOMS}"
        for number, phrase in enumerate(cause.symptoms):
            other = owners.setdefault(" ".join(phrase.casefold().split()), cause.id)
            here = cause.origin.at("symptoms", number)
            if other != cause.id:
                yield f"{here}: {other} has the phrase {phrase!r} too"
            words = telling(words_of(phrase))
            if len(words) < TELLING:
                yield (
                    f"{here}: the symptom {phrase!r} is too short: {len(words)} of its words "
                    f"{'says' if len(words) == 1 else 'say'} what happens, and at least {TELLING} must "
                    "(words such as the, is, when do not count)"
                )


def heard_problems(knowledge: Knowledge) -> Iterator[str]:
    """Yield patterns of `heard` that cannot be compiled, and questions with too few examples of descriptions."""
    for question in knowledge.questions.values():
        heard = question.person.heard.answers if question.person else {}
        for name, patterns in heard.items():
            here = question.origin.at("heard", "answers", name)
            if name not in (*question.names, UNKNOWN):
                yield f"{here}: {question.id} has no answer {name!r}{nearest(name, question.names)}"
            yield from (f"{here}: {problem}" for written in patterns if (problem := _broken(written)))
        texts = [case.answer == UNKNOWN for case in question.cases if case.heard]
        if heard and min(texts.count(True), texts.count(False)) < HEARD:
            here = question.origin.at("cases")
            yield f"{here}: {question.id} needs {HEARD} descriptions that answer it, and {HEARD} that do not"


def _broken(written: str) -> str:
    try:
        pattern_of(written)
    except re.error as error:
        return f"{written!r} is not a regular expression: {error}"
    return ""


def unknown_services(knowledge: Knowledge, services: Collection[str]) -> Iterator[str]:
    """Yield questions about services that are not in *services*, the services of a network."""
    for question in knowledge.questions.values():
        for number, observe in enumerate(question.observe):
            if observe.service not in services:
                path = ("observe", number) if ("observe", number) in question.origin.lines else ("observe",)
                here = question.origin.at(*path, "service")
                yield f"{here}: no network has a service {observe.service!r}{nearest(observe.service, services)}"


def unfinished(knowledge: Knowledge) -> Iterator[str]:
    """Yield the TODOs that `knowledge new` wrote and that are still there."""
    for cause in knowledge.causes.values():
        texts = {"title": cause.title, "customer": cause.customer}
        texts |= {"evidence": " ".join(cause.evidence), "symptoms": " ".join(cause.symptoms)}
        texts["fixes"] = " ".join(fix.do for fixes in cause.fixes.values() for fix in fixes)
        for key, text in texts.items():
            if TO_DO in text:
                yield f"{cause.origin.at(key)}: {key} is still to be filled in"


def unreachable(knowledge: Knowledge) -> Iterator[str]:
    """Yield alternatives that contradict what their questions need, and causes that the error code itself rules out."""
    for cause in knowledge.causes.values():
        for condition in cause.when:
            if clash := _clash(condition, knowledge):
                yield f"{cause.origin.at('when')}: can never hold: {clash}"
        for code in cause.weight:
            if not any(_possible(condition, code, knowledge) for condition in cause.when):
                yield f"{cause.origin.at('weight', code)}: {code} itself says that it is not {cause.id}"


def not_separated(knowledge: Knowledge) -> Iterator[str]:
    """Yield pairs of causes for one code with equivalent conditions: always both are found, or neither."""
    for cause, other in combinations(knowledge.causes.values(), 2):
        codes = sorted(set(cause.weight) & set(other.weight))
        apart = cause.platforms and other.platforms and not set(cause.platforms) & set(other.platforms)
        if codes and not apart and _implied(cause.when, other.when) and _implied(other.when, cause.when):
            where = cause.origin.at("when")
            pair = " and ".join(sorted((cause.id, other.id)))
            yield f"{where}: {pair} cannot be distinguished for {', '.join(codes)}"


def stale(knowledge: Knowledge, today: date, checked: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield files last checked against their sources over half a year ago; *checked* adds other files by name."""
    files = {code.origin.file: code.checked for code in knowledge.errors.values()}
    files |= {cause.origin.file: cause.checked for cause in knowledge.causes.values()}
    for where, day in sorted({**files, **(checked or {})}.items()):
        if not day:
            continue
        try:
            age = (today - date.fromisoformat(day)).days
        except ValueError:
            yield f"{where}: {day!r} is no day"
            continue
        if age > OLD:
            yield f"{where}: checked {age} days ago, on {day}"


def _clash(condition: Condition, knowledge: Knowledge) -> str:
    """Describe the first need of a question of *condition*, at any depth, that *condition* contradicts; "" if none."""
    waiting, found = list(condition), set[str]()
    while waiting:
        id_ = waiting.pop()
        if id_ in found or id_ not in knowledge.questions:
            continue
        found.add(id_)
        for needed, fit in knowledge.questions[id_].needs.items():
            if needed in condition and not set(condition[needed]) & set(fit):
                return f"{id_} is asked only if {needed} is {' or '.join(fit)}"
            waiting.append(needed)
    return ""


def _possible(condition: Condition, code: str, knowledge: Knowledge) -> bool:
    """Whether *condition* can hold, given the answers that *code* itself gives."""
    for id_, fit in condition.items():
        question = knowledge.questions.get(id_)
        if question and question.code and option_for(question, code) not in fit:
            return False
    return True


def _implied(narrow: Alternatives, wide: Alternatives) -> bool:
    """Whether every alternative of *narrow* implies one of *wide*."""
    return all(any(_within(condition, other) for other in wide) for condition in narrow)


def _within(narrow: Condition, wide: Condition) -> bool:
    return all(id_ in narrow and set(narrow[id_]) <= set(fit) for id_, fit in wide.items())


def count_symptoms(causes: Mapping[str, Cause]) -> int:
    """Count the symptom phrases of all causes."""
    return sum(len(cause.symptoms) for cause in causes.values())
