"""Draw the tree of a case: as indented text, as a Mermaid flowchart, or for Graphviz.

Pure. Given the path of a diagnosis, what was walked is marked.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from knowledge.model.conclusions import PathStep
from knowledge.model.schema import Question
from knowledge.reasoning.branches import Ask, Fork, Leaf, Node
from knowledge.reasoning.tree import Tree

_WALKED: Final = "fill:#fde68a,stroke:#b45309"  # warm, readable on light and dark pages


def draw(tree: Tree, form: str = "text", path: Iterable[PathStep] | None = None) -> str:
    """*tree* as `text`, `mermaid` or `dot`."""
    steps = tuple(path or ())
    return FORMS[form](tree, steps)


def _trail(roots: Iterable[Node], path: Iterable[PathStep]) -> dict[int, str]:
    """The nodes that *path* passes, by identity, with the answers; an unknown one leaves the drawing."""
    answers = {step.question: step.answer for step in path}
    trail: dict[int, str] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Fork):
            waiting += node.parts
        elif isinstance(node, Ask) and (answer := answers.get(node.question)):
            trail[id(node)] = answer
            onward = dict(node.edges).get(answer)  # what only the user's device can answer is not drawn
            waiting += [onward] if onward else []
    return trail


def _text(tree: Tree, path: tuple[PathStep, ...]) -> str:
    """Read from top to bottom: a question, its answers, and below each what follows from it."""
    case = tree.case
    edge = f" at edge {case.edge}" if case.edge else ""
    roots = tree.roots
    trail = _trail(roots, path)
    lines = [
        f"{case.code} on {case.platform}{edge}: {len(case.causes)} causes in {len(tree.branches)} branches.",
        "Every branch is walked, so several causes can be found at once.",
        "An answer that nobody knows decides nothing: the next question of its branch is asked.",
    ]
    for number, (branch, root) in enumerate(zip(tree.branches, roots, strict=True), 1):
        lines += ["", f"{number}. {branch.title}", *_Text(tree, trail).node(root, "   ")]
    lines += ["", "Walked:"] if path else []
    lines += [f"  {step.asks} {_answer_of(tree, step)}" for step in path]
    return "\n".join(lines)


@dataclass(slots=True)
class _Text:
    """One branch as lines; a part that comes again is referred to, not repeated."""

    tree: Tree
    trail: Mapping[int, str]
    told: dict[int, str] = field(default_factory=dict)  # id of a node: its label

    def node(self, node: Node, indent: str) -> Iterator[str]:
        if isinstance(node, Leaf):
            yield from (f"{indent}{line}" for line in _verdict(self.tree, node))
            return
        if isinstance(node, Fork):
            for part in node.parts:
                yield from self.node(part, indent)
            return
        question = self.tree.case.questions[node.question]
        if id(node) in self.told:
            yield f"{indent}go on as at [{self.told[id(node)]}]: {question.asks}"
            return
        label = f"{question.id}{_again(self.told.values(), question.id)}"
        self.told[id(node)] = label
        yield f"{indent}[{label}] {question.asks}{_terms(self.tree, question)}"
        for answers, child in _grouped(node):
            mark = ">" if self.trail.get(id(node)) in answers else "-"
            says = " or ".join(question.says(answer) for answer in answers)
            if isinstance(child, Leaf) and len(lines := _verdict(self.tree, child)) == 1:
                yield f"{indent}  {mark} {says}: {lines[0]}"
            else:
                yield f"{indent}  {mark} {says}:"
                yield from self.node(child, f"{indent}      ")


def _terms(tree: Tree, question: Question) -> str:
    """Who is asked, and what must be known before."""
    needs = [
        f"{id_} is {' or '.join(fit)}" for id_, fit in question.needs.items() if id_ in tree.case.questions
    ]
    terms = ["a person is asked"] if question.person else []
    terms += [f"only if {' and '.join(needs)}"] if needs else []
    return f" ({', '.join(terms)})" if terms else ""


def _answer_of(tree: Tree, step: PathStep) -> str:
    if step.answer is None:
        return f"unknown: {step.because}"
    return tree.case.questions[step.question].says(step.answer)


def _again(labels: Iterable[str], id_: str) -> str:
    """` 2` for the second time that a question comes up in a branch, and so on."""
    times = sum(label.split()[0] == id_ for label in labels)
    return f" {times + 1}" if times else ""


def _verdict(tree: Tree, leaf: Leaf) -> list[str]:
    lines = [f"FOUND {id_}: {tree.case.causes[id_].title}{_effects(tree, id_)}" for id_ in leaf.found]
    if leaf.open:
        lines.append(f"cannot be told this way: {', '.join(leaf.open)}")
    return lines or ["nothing found"]


def _effects(tree: Tree, cause: str) -> str:
    effects = [
        explains.id for explains in tree.case.causes[cause].explains if explains.id in tree.case.causes
    ]
    return f" (explains {', '.join(effects)})" if effects else ""


def _grouped(node: Ask) -> list[tuple[tuple[str, ...], Node]]:
    """The answers of *node* by where they lead, in the order of the question."""
    groups: dict[object, tuple[tuple[str, ...], Node]] = {}
    for answer, child in node.edges:
        key: object = child if isinstance(child, Leaf) else id(child)
        before = groups.get(key)
        groups[key] = ((*before[0], answer), child) if before else ((answer,), child)
    return list(groups.values())


@dataclass(slots=True)
class _Graph:
    """Nodes and edges of one branch, for the two graph languages."""

    tree: Tree
    trail: Mapping[int, str]
    prefix: str
    names: dict[object, str] = field(default_factory=dict)
    nodes: list[tuple[str, str, Node]] = field(default_factory=list)  # name, label, node
    edges: list[tuple[str, str, str, bool]] = field(default_factory=list)  # from, to, label, walked

    def add(self, node: Node) -> str:
        """The name of *node*, added with all below it if it is new."""
        key: object = node if isinstance(node, Leaf) else id(node)
        if key in self.names:
            return self.names[key]
        name = self.names[key] = f"{self.prefix}n{len(self.names) + 1}"
        self.nodes.append((name, self.label(node), node))
        if isinstance(node, Fork):
            self.edges += [(name, self.add(part), "", False) for part in node.parts]
        if isinstance(node, Ask):
            question = self.tree.case.questions[node.question]
            for answers, child in _grouped(node):
                says = " or ".join(question.says(answer) for answer in answers)
                walked = self.trail.get(id(node)) in answers
                self.edges.append((name, self.add(child), says, walked))
        return name

    def label(self, node: Node) -> str:
        if isinstance(node, Leaf):
            return "; ".join(_verdict(self.tree, node))
        return self.tree.case.questions[node.question].asks if isinstance(node, Ask) else "all of these"

    def is_walked(self, node: Node) -> bool:
        return id(node) in self.trail


def _graphs(tree: Tree, path: tuple[PathStep, ...]) -> Iterator[tuple[str, _Graph]]:
    roots = tree.roots
    trail = _trail(roots, path)
    for number, (branch, root) in enumerate(zip(tree.branches, roots, strict=True), 1):
        graph = _Graph(tree, trail, f"b{number}")
        graph.add(root)
        yield branch.title, graph


def _mermaid(tree: Tree, path: tuple[PathStep, ...]) -> str:
    lines = ["flowchart TD", f"  classDef walked {_WALKED}"]
    for number, (title, graph) in enumerate(_graphs(tree, path), 1):
        lines.append(f"  subgraph branch{number}[{_quoted(title)}]")
        for name, label, node in graph.nodes:
            shape = f"{{{{{_quoted(label)}}}}}" if isinstance(node, Ask) else f"[{_quoted(label)}]"
            lines.append(f"    {name}{shape}{':::walked' if graph.is_walked(node) else ''}")
        for start, end, label, on_path in graph.edges:
            arrow = "==>" if on_path else "-->"
            lines.append(
                f"    {start} {arrow}|{_quoted(label)}| {end}" if label else f"    {start} {arrow} {end}"
            )
        lines.append("  end")
    return "\n".join(lines)


def _dot(tree: Tree, path: tuple[PathStep, ...]) -> str:
    lines = ["digraph lineman {", "  node [fontname=sans]; edge [fontname=sans];"]
    for number, (title, graph) in enumerate(_graphs(tree, path), 1):
        lines.append(f"  subgraph cluster_{number} {{ label={_string(title)};")
        for name, label, node in graph.nodes:
            shape = "ellipse" if isinstance(node, Ask) else "box"
            style = " style=filled fillcolor=khaki" if graph.is_walked(node) else ""
            lines.append(f"    {name} [label={_string(label)} shape={shape}{style}];")
        for start, end, label, on_path in graph.edges:
            style = " penwidth=3" if on_path else ""
            lines.append(f"    {start} -> {end} [label={_string(label)}{style}];")
        lines.append("  }")
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    """A Mermaid label: quoted, with the characters that end one or start markup as entities."""
    entities = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;"}
    return '"' + "".join(entities.get(item, item) for item in " ".join(text.split())) + '"'


def _string(text: str) -> str:
    """A DOT string."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


FORMS: Final[Mapping[str, Callable[[Tree, tuple[PathStep, ...]], str]]] = {
    "text": _text,
    "mermaid": _mermaid,
    "dot": _dot,
}
