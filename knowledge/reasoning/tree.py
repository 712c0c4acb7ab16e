"""The decision tree of a case: compile it, and walk it.

Pure. The tree defines the order in which questions decide. The lists of a diagnosis come from judging every
cause by all answers, so that no observation is lost. Tests compare the two.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from knowledge.model.conclusions import Answers, Diagnosis, PathStep
from knowledge.model.schema import CaseModel
from knowledge.reasoning.answers import needs_met
from knowledge.reasoning.branches import Branch, Node, branches_of, grow, next_in
from knowledge.reasoning.diagnosis import diagnose
from knowledge.reasoning.judge import alternatives_truth, condition_truth, judge
from probes.protocol.frozen import frozen
from probes.protocol.model import Observation

_NOTHING: Final[Mapping[str, Observation]] = {}


@frozen
class Tree:
    """A case as a tree: its branches, in display order."""

    case: CaseModel
    branches: tuple[Branch, ...]

    @property
    def roots(self) -> tuple[Node, ...]:
        """Every branch grown to its leaves; walking takes a single path and does not need them."""
        return tuple(grow(branch) for branch in self.branches)


def compile_tree(case: CaseModel) -> Tree:
    """Compile the tree of *case*: branches that share no question, the most informative questions first."""
    return Tree(case, branches_of(case))


def walk(tree: Tree, answers: Answers, observations: Mapping[str, Observation] = _NOTHING) -> Diagnosis:
    """Walk every branch by *answers*. With *observations*, lists the failures that no cause explains."""
    path = tuple(step for branch in tree.branches for step in _walk(tree.case, branch, answers))
    return replace(diagnose(tree.case, answers, observations), path=path)


def _walk(case: CaseModel, branch: Branch, answers: Answers) -> Iterator[PathStep]:
    """Ask one question after another until the branch is decided; unknown answers continue with the next."""
    known: dict[str, str | None] = {}
    while question := next_in(branch, known):
        given = answers[question]
        known[question] = given.answer
        asks = case.questions[question].asks
        yield PathStep(
            branch.title, question, asks, given.answer, given.because, given.steps, (case.platform,)
        )


def settled(case: CaseModel, answers: Answers, pending: Collection[str]) -> bool:
    """Whether no *pending* step could change the list that a cause is in, its confidence, or its impact.

    A known answer stays: rules are three-valued, and running steps count as unknown.
    """
    moving = _moving(case, answers, frozenset(pending))
    if not moving:
        return True
    judgement = judge(case, answers)
    for id_, standing in judgement.standing.items():
        cause = case.causes[id_]
        conditions = []
        if standing in ("possible", "not_checked"):
            conditions += [
                condition for condition in cause.when if condition_truth(condition, answers) is not False
            ]
        if standing != "found":
            conditions += [cause.clears_only_if, cause.clears_if]
        if alternatives_truth(cause.when, answers) is not False:
            conditions += [*cause.likely_when, *(item.when for item in cause.impact_when)]
            conditions += [effect.when for effect in cause.explains]
        if any(moving.intersection(condition) for condition in conditions):
            return False
    return True


def _moving(case: CaseModel, answers: Answers, pending: frozenset[str]) -> frozenset[str]:
    """The unanswered questions that a pending step can still answer, or make due."""
    moving: set[str] = set()
    for question in case.questions.values():  # a question comes after the questions that it needs
        if answers[question.id].answer is not None or needs_met(question, answers) is False:
            continue
        own = any(spec.step in pending for spec in case.probes[question.id])
        if own or moving.intersection(question.needs):
            moving.add(question.id)
    return frozenset(moving)
