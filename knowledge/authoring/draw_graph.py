"""Draw the decision tree of a case as a Mermaid flowchart, or for Graphviz.

Pure.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Final

from knowledge.authoring.tree_parts import find_trail, group_edges, verdict_lines
from knowledge.model.conclusions import PathStep
from knowledge.reasoning.branches import Ask, Fork, Leaf, Node
from knowledge.reasoning.tree import Tree

# Characters in a line of a label: so narrow that the longest path of questions fits on a wide screen.
_NODE: Final = 24
_EDGE: Final = 14
_TITLE: Final = 60
_SPACING: Final = {
    "flowchart": {"nodeSpacing": 14, "rankSpacing": 14, "padding": 6, "wrappingWidth": 200},
    "themeVariables": {"fontSize": "13px"},
}
_WALKED: Final = "fill:#fde68a,stroke:#b45309"  # warm, readable on light and dark pages


@dataclass(slots=True)
class _Graph:
    """Nodes and edges of one branch, for the two graph languages."""

    tree: Tree
    trail: Mapping[int, str]
    prefix: str
    names: dict[object, str] = field(default_factory=dict)
    nodes: list[tuple[str, str, Node]] = field(default_factory=list)  # name, label, node
    edges: list[tuple[str, str, str, bool]] = field(default_factory=list)  # from, to, label, walked

    def add(self, node: Node) -> list[str]:
        """Return the names of *node*, or of its parts; a new node is added with all nodes below it."""
        if isinstance(node, Fork):
            return list(dict.fromkeys(name for part in node.parts for name in self.add(part)))
        key: object = node if isinstance(node, Leaf) else id(node)
        if key in self.names:
            return [self.names[key]]
        name = self.names[key] = f"{self.prefix}n{len(self.names) + 1}"
        self.nodes.append((name, self.label(node), node))
        if isinstance(node, Ask):
            question = self.tree.case.questions[node.question]
            for answers, child in group_edges(node):
                says = " or ".join(question.says(answer) for answer in answers)
                walked = self.trail.get(id(node)) in answers
                self.edges += [(name, below, says, walked) for below in self.add(child)]
        return [name]

    def label(self, node: Node) -> str:
        if isinstance(node, Leaf):
            return "; ".join(verdict_lines(self.tree, node, effects=False))
        return self.tree.case.questions[node.question].asks if isinstance(node, Ask) else ""

    def is_walked(self, node: Node) -> bool:
        return id(node) in self.trail


def _graphs(tree: Tree, path: tuple[PathStep, ...]) -> Iterator[tuple[str, _Graph]]:
    roots = tree.roots
    trail = find_trail(roots, path)
    for number, (branch, root) in enumerate(zip(tree.branches, roots, strict=True), 1):
        graph = _Graph(tree, trail, f"b{number}")
        graph.add(root)
        yield branch.title, graph


def draw_mermaid(tree: Tree, path: tuple[PathStep, ...]) -> str:
    """Draw *tree* as a Mermaid flowchart, with *path* marked."""
    lines = [f"%%{{init: {json.dumps(_SPACING)}}}%%", "flowchart LR", f"  classDef walked {_WALKED}"]
    # Mermaid stacks parts that are not connected from the bottom up, as Graphviz does.
    for number, (title, graph) in reversed([*enumerate(_graphs(tree, path), 1)]):
        lines += [f"  subgraph branch{number}[{_quoted(title, _TITLE)}]", "    direction LR"]
        for name, label, node in graph.nodes:
            shape = f"([{_quoted(label)}])" if isinstance(node, Ask) else f"[{_quoted(label)}]"
            lines.append(f"    {name}{shape}{':::walked' if graph.is_walked(node) else ''}")
        for start, end, label, on_path in graph.edges:
            arrow = "==>" if on_path else "-->"
            lines.append(f"    {start} {arrow}|{_quoted(label, _EDGE)}| {end}")
        lines.append("  end")
    return "\n".join(lines)


def draw_dot(tree: Tree, path: tuple[PathStep, ...]) -> str:
    """Draw *tree* for Graphviz, with *path* marked."""
    lines = [
        "digraph lineman {",
        "  rankdir=LR; ranksep=0.2; nodesep=0.12; fontname=sans; fontsize=11;",
        "  node [fontname=sans fontsize=10 shape=box margin=0.06]; edge [fontname=sans fontsize=9];",
    ]
    for number, (title, graph) in reversed([*enumerate(_graphs(tree, path), 1)]):
        lines.append(f"  subgraph cluster_{number} {{ label={_string(title, _TITLE)};")
        for name, label, node in graph.nodes:
            styles = ["rounded"] if isinstance(node, Ask) else []
            styles += ["filled"] if graph.is_walked(node) else []
            style = f' style="{",".join(styles)}" fillcolor=khaki' if styles else ""
            lines.append(f"    {name} [label={_string(label)}{style}];")
        for start, end, label, on_path in graph.edges:
            style = " penwidth=3" if on_path else ""
            lines.append(f"    {start} -> {end} [label={_string(label, _EDGE)}{style}];")
        lines.append("  }")
    return "\n".join([*lines, "}"])


def _quoted(text: str, width: int = _NODE) -> str:
    """Write a Mermaid label: quoted, with characters that end it or start markup as entities, on lines of *width*."""
    entities = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;"}
    rows = ("".join(entities.get(item, item) for item in row) for row in wrap(text, width))
    return f'"{"<br>".join(rows)}"'


def _string(text: str, width: int = _NODE) -> str:
    """Write a DOT string, on lines of *width*."""
    return json.dumps("\n".join(wrap(text, width)), ensure_ascii=False)
