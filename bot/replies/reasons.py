"""Why causes were not checked, told once for all causes that wait for the same thing.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from knowledge.case import questions_of
from knowledge.schema import Answers, Judged, Knowledge


@dataclass(frozen=True, slots=True)
class Group:
    """Causes that could not be checked for one reason."""

    reason: str
    titles: tuple[str, ...]


def group_by_reason(
    judged: Iterable[Judged], answers: Mapping[str, Answers], knowledge: Knowledge
) -> tuple[Group, ...]:
    """Group *judged* by what they wait for at the root: the first answer in the way, or what is unanswered."""
    groups: dict[str, list[str]] = {}
    for one in judged:
        roots = dict.fromkeys(
            root for platform in one.platforms for root in _roots(one.cause, answers[platform], knowledge)
        )
        in_the_way = [text for text, contradicted in roots if contradicted]
        reason = in_the_way[0] if in_the_way else "; ".join(text for text, _ in roots)
        groups.setdefault(reason or one.because, []).append(one.title)
    return tuple(Group(reason, tuple(titles)) for reason, titles in groups.items())


def _roots(cause: str, answers: Answers, knowledge: Knowledge) -> Iterator[tuple[str, bool]]:
    for question in questions_of(knowledge.causes[cause]):
        if question in answers and answers[question].answer is None:
            yield from _below(question, answers, knowledge)


def _below(question: str, answers: Answers, knowledge: Knowledge) -> Iterator[tuple[str, bool]]:
    """Go down from an unanswered *question* to what it needs; true stands beside an answer that forbids it."""
    waits = False
    for needed, fit in knowledge.questions[question].needs.items():
        if needed not in answers or answers[needed].answer in fit:
            continue
        waits = True
        if (given := answers[needed].answer) is None:
            yield from _below(needed, answers, knowledge)
        else:
            asked = knowledge.questions[needed]
            yield f"{asked.asks} {asked.says(given)}", True
    if not waits:
        yield f"{knowledge.questions[question].asks} {answers[question].because}", False
