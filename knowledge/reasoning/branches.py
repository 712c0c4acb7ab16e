"""Split a case into branches, and order each branch's questions: the likeliest cause first, relays before people.

Pure. Information per cost only breaks ties. The tree that is drawn and the walk make the same choices.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final, TypeAlias

from knowledge.model.schema import CaseModel, Cause, Condition, Question
from knowledge.reasoning.branch_title import title_of
from knowledge.reasoning.information_gain import Known, gain, open_ways, truth_on_way
from probes.protocol.frozen import frozen

# A question that only leads to a useful one counts half as much as that one.
_STEPPING_STONE: Final = 0.5


@frozen
class Branch:
    """Causes that share questions, and all the questions that decide them."""

    title: str
    causes: tuple[Cause, ...]  # the likeliest first
    questions: Mapping[str, Question]
    code: str
    choices: dict[tuple[tuple[str, str | None], ...], str | None] = field(
        default_factory=dict, repr=False, compare=False
    )  # earlier choices, so that a second walk is a dict lookup


@frozen
class Ask:
    """Ask a question and continue by its answer; after an unknown answer, `next_in` decides."""

    question: str
    edges: tuple[tuple[str, "Node"], ...]


@frozen
class Leaf:
    """Causes found at the end of a path, and causes that cannot be decided on it."""

    found: tuple[str, ...]
    open: tuple[str, ...] = ()


@frozen
class Fork:
    """Independent parts: what is already found, and questions to continue with."""

    parts: tuple["Node", ...]


Node: TypeAlias = Ask | Leaf | Fork


def branches_of(case: CaseModel) -> tuple[Branch, ...]:
    """Group the causes of *case* so that no two groups share a question: the one with the likeliest cause first.

    Among equals, checks come before people, then the branch whose likeliest cause needs the fewest answers first.
    A cause with several alternatives is in each group that asks about one of them.
    """
    branches = [_branch(case, group) for group in _groups(case.causes.values(), lambda id_: {id_})]

    def place(branch: Branch) -> tuple[float, bool, int]:
        likeliest = branch.causes[0]
        asked = {id_ for condition in likeliest.when for id_ in condition}
        by_people = all(case.questions[id_].person for id_ in asked)
        return -likeliest.weight[case.code], by_people, max(_depth(id_, case) for id_ in asked)

    return tuple(sorted(branches, key=place))


def _branch(case: CaseModel, causes: list[Cause]) -> Branch:
    asked = {question for cause in causes for condition in cause.when for question in condition}
    questions = {id_: question for id_, question in case.questions.items() if id_ in asked}
    ordered = sorted(causes, key=lambda cause: (-cause.weight[case.code], cause.id))
    return Branch(title_of(questions), tuple(ordered), questions, case.code)


def _groups(causes: Iterable[Cause], linked: Callable[[str], Collection[str]]) -> list[list[Cause]]:
    """Group *causes* so that no two groups share a question; each cause keeps the alternatives of its group.

    *linked* returns the questions that go with a question of an alternative; none if it is answered.
    """
    groups: list[tuple[list[tuple[Cause, Condition]], set[str]]] = []
    for cause in causes:
        for condition in cause.when:
            members, questions = [(cause, condition)], {q for id_ in condition for q in linked(id_)}
            for group in [group for group in groups if group[1] & questions]:
                groups.remove(group)
                members, questions = [*group[0], *members], group[1] | questions
            groups.append((members, questions))
    return [_gathered(members) for members, _ in groups]


def _gathered(members: Iterable[tuple[Cause, Condition]]) -> list[Cause]:
    """Merge *members* into one cause per id, with all its alternatives."""
    causes: dict[str, Cause] = {}
    for cause, condition in members:
        before = causes[cause.id].when if cause.id in causes else ()
        causes[cause.id] = replace(cause, when=(*before, condition))
    return list(causes.values())


def _depth(question: str, case: CaseModel) -> int:
    """The number of questions in a row that must be answered before *question*."""
    return max((1 + _depth(needed, case) for needed in case.questions[question].needs), default=0)


def grow(branch: Branch) -> Node:
    """The whole tree of *branch*. Paths that lead to the same state share one node."""
    grown: dict[object, Node] = {}

    def node(causes: Sequence[Cause], known: dict[str, str | None]) -> Node:
        parts = [(part, _choose(branch, part, known)) for part in _parts(branch, causes, known)]
        leaf = Leaf(
            found=tuple(cause.id for cause in causes if truth_on_way(cause, known)),
            open=tuple(dict.fromkeys(cause.id for part, question in parts if not question for cause in part)),
        )
        asked = [ask(part, question, known) for part, question in parts if question]
        if not asked:
            return leaf
        text = (leaf,) if leaf.found or leaf.open else ()
        return asked[0] if len(asked) == 1 and not text else Fork((*text, *asked))

    def ask(part: Sequence[Cause], question: str, known: dict[str, str | None]) -> Node:
        state = _state(branch, part, known)
        if state not in grown:
            names = branch.questions[question].names
            edges = tuple((name, node(part, {**known, question: name})) for name in names)
            grown[state] = Ask(question, edges)
        return grown[state]

    return node(branch.causes, {})


def _parts(branch: Branch, causes: Iterable[Cause], known: Known) -> list[list[Cause]]:
    """The undecided part of *causes*, in groups that share no question still to be asked."""
    undecided = [
        replace(cause, when=tuple(open_ways(cause, known)))
        for cause in causes
        if truth_on_way(cause, known) is None
    ]
    return _groups(undecided, lambda id_: set(_with_needs(branch, id_, known)))


def _with_needs(branch: Branch, question: str, known: Known) -> Iterator[str]:
    """*question* and the questions that must be asked before it, unless they were asked."""
    if question in branch.questions and question not in known:
        yield question
        for needed in branch.questions[question].needs:
            yield from _with_needs(branch, needed, known)


def next_in(branch: Branch, known: Known) -> str | None:
    """The question to ask after *known*; None if no question that may be asked would decide anything."""
    key = tuple(known.items())
    if key not in branch.choices:
        parts = _parts(branch, branch.causes, known)
        branch.choices[key] = next(filter(None, (_choose(branch, part, known) for part in parts)), None)
    return branch.choices[key]


def _choose(branch: Branch, undecided: Sequence[Cause], known: Known) -> str | None:
    """The question that helps to settle the likeliest cause of *undecided*; a check before a question to a person.

    Among equals, the one with the most information about *undecided* per cost.
    """
    worth: dict[str, tuple[float, bool, float]] = {}
    for question in branch.questions.values():
        about = [cause for cause in undecided if any(question.id in way for way in open_ways(cause, known))]
        if question.id in known or not about:
            continue
        likeliest = max(cause.weight[branch.code] for cause in about)
        bits = gain(question, undecided, known, branch.code)
        for stone, value in _askable(question, bits, branch, known):
            asked = branch.questions[stone]
            place = (likeliest, asked.person is None, value / asked.cost)
            worth[stone] = max(worth.get(stone, place), place)
    return max(worth, key=lambda id_: worth[id_], default=None)


def _askable(question: Question, bits: float, branch: Branch, known: Known) -> Iterator[tuple[str, float]]:
    """*question* with its bits if it may be asked now, else the useful questions that must come before it.

    Needs outside the branch are assumed to be met: if they are not, the answer is unknown.
    """
    inside = {id_: fit for id_, fit in question.needs.items() if id_ in branch.questions}
    if any(id_ in known and known[id_] not in fit for id_, fit in inside.items()):
        return
    missing = [id_ for id_ in inside if id_ not in known]
    if not missing:
        yield question.id, bits
    for id_ in missing:
        yield from _askable(branch.questions[id_], bits * _STEPPING_STONE, branch, known)


def _state(branch: Branch, undecided: Iterable[Cause], known: Known) -> object:
    """Everything in *known* that can still make a difference to *undecided*."""
    residues = tuple((cause.id, _residue(cause, known)) for cause in undecided)
    gates = {id_ for question in branch.questions.values() for id_ in question.needs}
    return (
        residues,
        tuple(sorted((id_, answer) for id_, answer in known.items() if id_ in gates)),
    )


def _residue(cause: Cause, known: Known) -> tuple[tuple[tuple[str, bool], ...], ...]:
    """What is still to be shown: for each alternative, its open questions and whether each was asked."""
    return tuple(
        tuple((id_, id_ in known) for id_ in condition if known.get(id_) is None)
        for condition in open_ways(cause, known)
    )
