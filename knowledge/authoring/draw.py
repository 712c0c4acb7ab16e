"""Draw the decision tree of a case: as indented text, as a Mermaid flowchart, or for Graphviz.

Pure. With the path of a diagnosis, the nodes on it are marked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from knowledge.authoring.draw_graph import draw_dot, draw_mermaid
from knowledge.authoring.tree_parts import find_trail, group_edges, verdict_lines
from knowledge.model.conclusions import PathStep
from knowledge.model.schema import Question
from knowledge.reasoning.branches import Fork, Leaf, Node
from knowledge.reasoning.tree import Tree


def draw(tree: Tree, form: str = "text", path: Iterable[PathStep] | None = None) -> str:
    """Draw *tree* as `text`, `mermaid` or `dot`."""
    steps = tuple(path or ())
    return FORMS[form](tree, steps)


def _text(tree: Tree, path: tuple[PathStep, ...]) -> str:
    """Draw *tree* as text: each question, its answers, and below each answer what follows from it."""
    case = tree.case
    edge = f" at edge {case.edge}" if case.edge else ""
    roots = tree.roots
    trail = find_trail(roots, path)
    lines = [
        f"{case.code} on {case.platform}{edge}: {len(case.causes)} causes in {len(tree.branches)} branches.",
        "Every branch is followed, so several causes can be found at once.",
        "An unknown answer decides nothing: the next question of its branch is asked.",
    ]
    for number, (branch, root) in enumerate(zip(tree.branches, roots, strict=True), 1):
        lines += ["", f"{number}. {branch.title}", *_Text(tree, trail).node(root, "   ")]
    lines += ["", "Walked:"] if path else []
    lines += [f"  {step.asks} {_answer_of(tree, step)}" for step in path]
    return "\n".join(lines)


@dataclass(slots=True)
class _Text:
    """One branch as lines; a repeated part is referred to, not written again."""

    tree: Tree
    trail: Mapping[int, str]
    told: dict[int, str] = field(default_factory=dict)  # id of a node: its label

    def node(self, node: Node, indent: str) -> Iterator[str]:
        if isinstance(node, Leaf):
            yield from (f"{indent}{line}" for line in verdict_lines(self.tree, node))
            return
        if isinstance(node, Fork):
            for part in node.parts:
                yield from self.node(part, indent)
            return
        question = self.tree.case.questions[node.question]
        if id(node) in self.told:
            yield f"{indent}continue at [{self.told[id(node)]}]: {question.asks}"
            return
        label = f"{question.id}{_again(self.told.values(), question.id)}"
        self.told[id(node)] = label
        yield f"{indent}[{label}] {question.asks}{_terms(self.tree, question)}"
        for answers, child in group_edges(node):
            mark = ">" if self.trail.get(id(node)) in answers else "-"
            says = " or ".join(question.says(answer) for answer in answers)
            if isinstance(child, Leaf) and len(lines := verdict_lines(self.tree, child)) == 1:
                yield f"{indent}  {mark} {says}: {lines[0]}"
            else:
                yield f"{indent}  {mark} {says}:"
                yield from self.node(child, f"{indent}      ")


def _terms(tree: Tree, question: Question) -> str:
    """Say whether a person is asked, and which answers are needed first."""
    known = tree.case.questions
    needs = [
        f"[{id_}]: {' or '.join(known[id_].says(answer) for answer in fit)}"
        for id_, fit in question.needs.items()
        if id_ in known
    ]
    terms = ["a person is asked"] if question.person else []
    terms += [f"only if {' and '.join(needs)}"] if needs else []
    return f" ({', '.join(terms)})" if terms else ""


def _answer_of(tree: Tree, step: PathStep) -> str:
    if step.answer is None:
        return f"unknown: {step.because}"
    return tree.case.questions[step.question].says(step.answer)


def _again(labels: Iterable[str], id_: str) -> str:
    """Return ` 2` for the second occurrence of a question in a branch, and so on; "" for the first."""
    times = sum(label.split()[0] == id_ for label in labels)
    return f" {times + 1}" if times else ""


FORMS: Final[Mapping[str, Callable[[Tree, tuple[PathStep, ...]], str]]] = {
    "text": _text,
    "mermaid": draw_mermaid,
    "dot": draw_dot,
}
