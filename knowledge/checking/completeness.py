"""Prove that each question has an answer for every possible observation.

Pure. The values of each tested field fall into classes that no rule distinguishes; one value represents each class.
Every combination of one and of two observations is tried.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations_with_replacement, product
from typing import Any, Final

from knowledge.model.rules import FAILURE, LABELS, Combined, ObservedValues, Quantified, Rule, Test, matches
from knowledge.model.schema import Question
from knowledge.reasoning.answers import judge, option_for, parse_version
from probes.protocol.failures import NO_RESULT, Failure
from probes.protocol.model import Observation, Target

_MISSING: Final = object()
_ANOTHER: Final = "another"  # a value that no rule names
_MOST: Final = 400  # kinds of one observation; with more, the pairs would take seconds


def gaps(question: Question) -> Iterator[str]:
    """Yield a combination of observations, or a version, for which *question* has no answer."""
    if question.said:
        yield from _unanswered_versions(question)
        return
    kinds = _kinds(question)
    for pair in [*((observed,) for observed in kinds), *combinations_with_replacement(kinds, 2)]:
        if judge(question, [found for found, _ in pair]).answer is None:
            yield " and ".join(f"{{{text}}}" for _, text in pair)
            return  # one example is enough to fix it


def _kinds(question: Question) -> list[tuple[ObservedValues, str]]:
    """List one observation of each kind that the rules distinguish."""
    tests = list(dict.fromkeys(test for answer in question.answers for test in _tests(answer.rule)))
    fields = list(dict.fromkeys(test.field for test in tests))
    found: dict[tuple[object, ...], tuple[ObservedValues, str]] = {}
    for values in product(*(_classes(field, tests) for field in fields)):
        chosen = dict(zip(fields, values, strict=True))
        for observe in question.observe:
            observed_values = _seen(
                chosen, observe.probe, observe.service, observe.port or 0, observe.transport or "tcp"
            )
            found.setdefault(
                tuple(matches((test,), observed_values) for test in tests),
                (observed_values, _describe(chosen)),
            )
    return list(found.values())[:_MOST]


def _classes(field: str, tests: list[Test]) -> list[Any]:
    """List one value of *field* for each combination of results of its tests."""
    own = [test for test in tests if test.field == field]
    found: dict[tuple[object, ...], Any] = {}
    for value in _values(field, own):
        values = _seen({field: value}, "", "", 0, "")
        found.setdefault(tuple(matches((test,), values) for test in own), value)
    return list(found.values())


def _values(field: str, tests: Iterable[Test]) -> list[Any]:
    """List values of *field*, at least one of each class."""
    named = [value for test in tests for value in test.values]
    numbers = [scalar for scalar in named if isinstance(scalar, int | float) and not isinstance(scalar, bool)]
    around = [*numbers, *(number - 1 for number in numbers), *(number + 1 for number in numbers)]
    if field == FAILURE:
        other = next(word for word in Failure if word not in NO_RESULT and word not in named)
        return list(dict.fromkeys([None, *named, other]))
    nothing = [] if field in LABELS else [_MISSING]
    return _distinct([*named, *around, _ANOTHER, *nothing])


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list({(type(value), value): value for value in values}.values())


def _seen(chosen: dict[str, Any], probe: str, service: str, port: int, transport: str) -> ObservedValues:
    labels: dict[str, Any] = {"service": service, "port": port, "transport": transport}
    labels |= {key: value for key, value in chosen.items() if key in LABELS and key != "probe"}
    target = Target(**labels)
    facts = {
        key: value for key, value in chosen.items() if key not in (*LABELS, FAILURE) and value is not _MISSING
    }
    probe = chosen.get("probe", probe)
    return ObservedValues(probe, target, Observation("", probe, target, chosen.get(FAILURE), facts))


def _tests(rule: Rule | None) -> Iterator[Test]:
    match rule:
        case Quantified(_, tests):
            yield from tests
        case Combined(_, rules):
            for inner in rules:
                yield from _tests(inner)


def _unanswered_versions(question: Question) -> Iterator[str]:
    """Yield the first version next to a boundary that has no answer."""
    options = [answer.option for answer in question.answers if answer.option]
    for bound in dict.fromkeys(
        b for option in options for b in (option.below, option.from_) if b is not None
    ):
        parts = parse_version(bound)
        before = ".".join(map(str, (*parts[:-1], max(parts[-1] - 1, 0), 999))) if parts else bound
        for text in (bound, before, f"{bound}.1"):
            if option_for(question, text) is None:
                yield text
                return


def _describe(chosen: dict[str, Any]) -> str:
    return ", ".join(f"{key}: {_word(value)}" for key, value in chosen.items() if value is not _MISSING)


def _word(value: Any) -> str:
    return "null" if value is None else str(value)
