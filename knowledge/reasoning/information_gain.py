"""How much information a question gives, in bits, about the causes that are still undecided.

Pure. It only orders questions; the judgment does not depend on it.
"""

from collections.abc import Mapping, Sequence
from math import log2
from typing import Final, TypeAlias

from knowledge.model.rules import Truth, all_of, any_of
from knowledge.model.schema import Cause, Condition, Question

# Probability of a healthy network's answer while nothing is wrong.
_FINE_ODDS: Final = 0.8

Known: TypeAlias = Mapping[str, str | None]  # questions asked so far and their answers; None: unknown


def gain(question: Question, undecided: Sequence[Cause], known: Known, code: str) -> float:
    """Bits of information, by weight, about which cause of *undecided* applies, if any does."""
    healthy = _healthy(question)
    likely = [(cause.weight[code], _expected(question, cause, known, healthy)) for cause in undecided]
    likely.append((max(weight for weight, _ in likely), healthy))
    total = sum(weight for weight, _ in likely)
    after = 0.0
    for answer in question.names:
        joint = [weight / total * expected[answer] for weight, expected in likely]
        after += sum(joint) * _entropy(joint)
    return max(_entropy([weight for weight, _ in likely]) - after, 0.0)


def _expected(
    question: Question, cause: Cause, known: Known, healthy: Mapping[str, float]
) -> dict[str, float]:
    """Probability of each answer given *cause*: spread evenly over the answers that fit, per alternative."""
    alternatives = open_ways(cause, known)
    expected = dict.fromkeys(question.names, 0.0)
    for condition in alternatives:
        fit = condition.get(question.id)
        for answer in question.names:
            odds = healthy[answer] if fit is None else (answer in fit) / len(fit)
            expected[answer] += odds / len(alternatives)
    return expected


def _healthy(question: Question) -> dict[str, float]:
    names = question.names
    if question.fine is None:
        return dict.fromkeys(names, 1 / len(names))
    rest = (1 - _FINE_ODDS) / (len(names) - 1)
    return {name: _FINE_ODDS if name == question.fine else rest for name in names}


def _entropy(weights: list[float]) -> float:
    total = sum(weights)
    return (
        -sum(weight / total * log2(weight / total) for weight in weights if weight > 0) if total > 0 else 0.0
    )


def open_ways(cause: Cause, known: Known) -> list[Condition]:
    """The alternatives of *cause* that no known answer contradicts."""
    return [condition for condition in cause.when if _holds(condition, known) is not False]


def truth_on_way(cause: Cause, known: Known) -> Truth:
    """Whether the *known* answers show *cause*."""
    return any_of(_holds(condition, known) for condition in cause.when)


def _holds(condition: Condition, known: Known) -> Truth:
    return all_of(
        None if (answer := known.get(id_)) is None else answer in fit for id_, fit in condition.items()
    )
