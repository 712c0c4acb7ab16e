"""Group unchecked causes by reason.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from knowledge.model.conclusions import Answers, Judged
from knowledge.model.schema import Knowledge


@dataclass(frozen=True, slots=True)
class Group:
    """Causes that could not be checked for the same reason."""

    reason: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Root:
    """The question at the root of an unknown, and why it has no usable answer."""

    asks: str
    because: str
    contradicted: bool = False


def group_by_reason(
    judged: Iterable[Judged], answers: Mapping[str, Answers], knowledge: Knowledge
) -> tuple[Group, ...]:
    """Group *judged* by what prevents the check: the first contradicting answer, or the unanswered questions."""
    groups: dict[str, list[str]] = {}
    for item in judged:
        if item.elsewhere:
            groups.setdefault(item.because, []).append(item.title)
            continue
        roots = [
            root for platform in item.platforms for root in _roots(item.cause, answers[platform], knowledge)
        ]
        in_the_way = [root for root in roots if root.contradicted]
        text = in_the_way[:1] or list({root.because: root for root in reversed(roots)}.values())[::-1]
        reason = "; ".join(f"{root.asks} {root.because}" for root in text)
        groups.setdefault(reason or item.because, []).append(item.title)
    return tuple(Group(reason, tuple(titles)) for reason, titles in groups.items())


def _roots(cause: str, answers: Answers, knowledge: Knowledge) -> Iterator[_Root]:
    known = knowledge.causes[cause]
    questions = dict.fromkeys(id_ for condition in (*known.when, known.clears_only_if) for id_ in condition)
    for question in questions:
        if question in answers and answers[question].answer is None:
            yield from _below(question, answers, knowledge)


def _below(question: str, answers: Answers, knowledge: Knowledge) -> Iterator[_Root]:
    """Follow an unanswered *question* down to the questions it needs."""
    waits = False
    for needed, fit in knowledge.questions[question].needs.items():
        if needed not in answers or answers[needed].answer in fit:
            continue
        waits = True
        if (given := answers[needed].answer) is None:
            yield from _below(needed, answers, knowledge)
        else:
            asked = knowledge.questions[needed]
            yield _Root(asked.asks, asked.says(given), contradicted=True)
    if not waits:
        yield _Root(knowledge.questions[question].asks, answers[question].because)
