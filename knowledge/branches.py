"""Split a case into branches and order each branch's questions: what tells most for its cost comes first.

Pure. The same choice grows the tree that is drawn and leads the walk where an answer is unknown.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import log2
from typing import Final, TypeAlias

from knowledge.rules import Truth, all_of, any_of
from knowledge.schema import Case, Cause, Condition, Question

# How probable the answer of a healthy network is while nothing is wrong. It only orders questions.
_FINE_ODDS: Final = 0.8
# A question that tells nothing itself, but must be asked before one that does, counts half of that one.
_STEPPING_STONE: Final = 0.5

Known: TypeAlias = Mapping[str, str | None]  # what was asked on the way, and its answer; None: unknown


@dataclass(frozen=True, slots=True)
class Branch:
    """Causes that share questions, and all questions they are shown by."""

    title: str
    causes: tuple[Cause, ...]
    questions: Mapping[str, Question]
    code: str
    choices: dict[tuple[tuple[str, str | None], ...], str | None] = field(
        default_factory=dict, repr=False, compare=False
    )  # what was chosen before, so that walking again costs a look-up


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a question and go on by its answer; unknown goes on as `next_in` says."""

    question: str
    edges: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """Nothing more to ask: what is found, and what cannot be told on this way."""

    found: tuple[str, ...]
    open: tuple[str, ...] = ()


Node: TypeAlias = Ask | Leaf


def branches_of(case: Case) -> tuple[Branch, ...]:
    """The causes of *case* in groups that share no question, the heaviest group first."""
    groups: list[tuple[list[Cause], set[str]]] = []
    for cause in case.causes.values():
        causes, questions = [cause], {question for one in cause.when for question in one}
        for group in [group for group in groups if group[1] & questions]:
            groups.remove(group)
            causes, questions = [*group[0], *causes], group[1] | questions
        groups.append((causes, questions))
    branches = [_branch(case, causes, questions) for causes, questions in groups]
    return tuple(sorted(branches, key=lambda one: -max(cause.weight[case.code] for cause in one.causes)))


def _branch(case: Case, causes: list[Cause], asked: set[str]) -> Branch:
    questions = {id_: one for id_, one in case.questions.items() if id_ in asked}
    ordered = sorted(causes, key=lambda cause: (-cause.weight[case.code], cause.id))
    return Branch(_title(questions), tuple(ordered), questions, case.code)


def _title(questions: Mapping[str, Question]) -> str:
    """The services that the branch looks at, the most looked at first."""
    services = Counter(one.service for question in questions.values() for one in question.observe)
    return " and ".join(service for service, _ in services.most_common(2)) or "client"


def grow(branch: Branch) -> Node:
    """The whole tree of *branch*. Ways that lead to the same state share one node."""
    grown: dict[object, Node] = {}

    def node(known: dict[str, str | None]) -> Node:
        state = _state(branch, known)
        if state not in grown:
            question = next_in(branch, known)
            grown[state] = (
                Ask(
                    question,
                    tuple((a, node({**known, question: a})) for a in branch.questions[question].names),
                )
                if question
                else _leaf(branch, known)
            )
        return grown[state]

    return node({})


def next_in(branch: Branch, known: Known) -> str | None:
    """The question to ask after *known*; None when nothing that can be asked would decide anything."""
    key = tuple(known.items())
    if key not in branch.choices:
        branch.choices[key] = _choose(branch, known)
    return branch.choices[key]


def _choose(branch: Branch, known: Known) -> str | None:
    undecided = [cause for cause in branch.causes if _truth(cause, known) is None]
    worth: dict[str, float] = {}
    for question in branch.questions.values():
        if question.id not in known and any(question.id in one for c in undecided for one in _open(c, known)):
            gain = _gain(question, undecided, known, branch.code)
            for stone, value in _askable(question, gain, branch, known):
                worth[stone] = max(worth.get(stone, 0.0), value / branch.questions[stone].cost)
    return max(worth, key=lambda id_: worth[id_], default=None)


def _askable(question: Question, gain: float, branch: Branch, known: Known) -> Iterator[tuple[str, float]]:
    """*question* with its gain if it may be asked now, else what must be asked before it, if that can help.

    Needs outside the branch are taken as met: should they not be, the answer is unknown.
    """
    inside = {id_: fit for id_, fit in question.needs.items() if id_ in branch.questions}
    if any(id_ in known and known[id_] not in fit for id_, fit in inside.items()):
        return
    missing = [id_ for id_ in inside if id_ not in known]
    if not missing:
        yield question.id, gain
    for id_ in missing:
        yield from _askable(branch.questions[id_], gain * _STEPPING_STONE, branch, known)


def _gain(question: Question, undecided: list[Cause], known: Known, code: str) -> float:
    """Bits that the answer tells about which one of *undecided* it is, or none, by their weights."""
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
    """How probable each answer is when it is *cause*: evenly over those that fit, for each alternative."""
    alternatives = _open(cause, known)
    expected = dict.fromkeys(question.names, 0.0)
    for one in alternatives:
        fit = one.get(question.id)
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
    return -sum(one / total * log2(one / total) for one in weights if one > 0) if total > 0 else 0.0


def _leaf(branch: Branch, known: Known) -> Leaf:
    truths = {cause.id: _truth(cause, known) for cause in branch.causes}
    return Leaf(
        tuple(id_ for id_, truth in truths.items() if truth),
        tuple(id_ for id_, truth in truths.items() if truth is None),
    )


def _state(branch: Branch, known: Known) -> object:
    """Everything about *known* that can still make a difference."""
    truths = {cause.id: _truth(cause, known) for cause in branch.causes}
    residues = tuple(_residue(cause, known) for cause in branch.causes if truths[cause.id] is None)
    gates = {id_ for question in branch.questions.values() for id_ in question.needs}
    return (
        tuple(truths.items()),
        residues,
        tuple(sorted((id_, answer) for id_, answer in known.items() if id_ in gates)),
    )


def _residue(cause: Cause, known: Known) -> tuple[tuple[tuple[str, bool], ...], ...]:
    """What is still to be shown: by alternative, each open question and whether it was asked in vain."""
    return tuple(
        tuple((id_, id_ in known) for id_ in one if known.get(id_) is None) for one in _open(cause, known)
    )


def _open(cause: Cause, known: Known) -> list[Condition]:
    return [one for one in cause.when if _holds(one, known) is not False]


def _truth(cause: Cause, known: Known) -> Truth:
    return any_of(_holds(one, known) for one in cause.when)


def _holds(condition: Condition, known: Known) -> Truth:
    return all_of(
        None if (answer := known.get(id_)) is None else answer in fit for id_, fit in condition.items()
    )
