"""Three-valued rules over observations: true, false, or unknown.

Pure. A check without a result (`probes.protocol.failures.NO_RESULT`) has labels only; its failure and facts are
unknown.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypeAlias

from probes.protocol.frozen import frozen
from probes.protocol.model import Observation, Target

LABELS: Final = ("service", "host", "port", "transport", "edge", "probe")
FAILURE: Final = "failure"

Scalar: TypeAlias = str | int | float | bool | None
Truth: TypeAlias = bool | None


@frozen
class Test:
    """A condition on one label, failure, or fact."""

    __test__ = False  # pytest: not a test class

    field: str
    kind: Literal["is", "not", "above", "below"]
    values: tuple[Scalar, ...]


@frozen
class Quantified:
    """`every`, `some` or `none` of the observations match all tests."""

    quantity: Literal["every", "some", "none"]
    tests: tuple[Test, ...]


@frozen
class Combined:
    """`all` or `any` of the rules hold."""

    how: Literal["all", "any"]
    rules: tuple["Rule", ...]


@frozen
class Else:
    """Always holds."""


Rule: TypeAlias = Quantified | Combined | Else


@frozen
class ObservedValues:
    """One check that a question needs, and its observation; None while it is running."""

    probe: str
    target: Target
    observation: Observation | None

    @property
    def has_result(self) -> bool:
        """Whether the failure and the facts are known."""
        return self.observation is not None and self.observation.has_result


def holds(rule: Rule, observed: Sequence[ObservedValues]) -> Truth:
    """Whether *rule* holds over *observed* (not empty); None if that is not known yet."""
    match rule:
        case Quantified("every", tests):
            return all_of(matches(tests, values) for values in observed)
        case Quantified("some", tests):
            return any_of(matches(tests, values) for values in observed)
        case Quantified(_, tests):
            return negated(any_of(matches(tests, values) for values in observed))
        case Combined("all", rules):
            return all_of(holds(inner, observed) for inner in rules)
        case Combined(_, rules):
            return any_of(holds(inner, observed) for inner in rules)
    return True


def deciding(rule: Rule, observed: Sequence[ObservedValues]) -> list[ObservedValues]:
    """List those of *observed* that made *rule* hold, in their order."""
    return [values for values in observed if any(values is it for it in _deciding(rule, observed))]


def _deciding(rule: Rule, observed: Sequence[ObservedValues]) -> list[ObservedValues]:
    match rule:
        case Quantified("some", tests):
            return [values for values in observed if matches(tests, values)]
        case Combined(_, rules):
            return [
                values for inner in rules if holds(inner, observed) for values in _deciding(inner, observed)
            ]
    return list(observed)


def matches(tests: Iterable[Test], values: ObservedValues) -> Truth:
    """Whether one check matches all *tests*: labels are always known, failure and facts once it has a result."""
    return all_of(_match(test, values) for test in tests)


def _match(test: Test, values: ObservedValues) -> Truth:
    if test.field == "probe":
        return _fits(test, values.probe)
    if test.field in LABELS:
        return _fits(test, getattr(values.target, test.field))
    observation = values.observation
    if observation is None or not observation.has_result:
        return None
    if test.field == FAILURE:
        return _fits(test, observation.failure)
    if test.field not in observation.facts:
        return False
    return _fits(test, observation.facts[test.field])


def _fits(test: Test, value: Any) -> bool:
    match test.kind:
        case "is":
            return any(same(value, wanted) for wanted in test.values)
        case "not":
            return not any(same(value, wanted) for wanted in test.values)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    (limit,) = test.values
    assert isinstance(limit, int | float)
    return value > limit if test.kind == "above" else value < limit


def same(value: Any, wanted: Scalar) -> bool:
    """Whether two values are equal and of one kind: true is not 1, and null equals only null."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return false if one is false, else unknown if one is unknown, else true (Kleene's strong and)."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return true if one is true, else unknown if one is unknown, else false (Kleene's strong or)."""
    return negated(all_of(negated(truth) for truth in truths))


def negated(truth: Truth) -> Truth:
    """Negate *truth*; unknown stays unknown."""
    return None if truth is None else not truth
