"""Draw the decision tree of a case as a Mermaid flowchart, or for Graphviz.

Pure.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from knowledge.authoring.tree_parts import find_trail, group_edges, verdict_lines
from knowledge.model.conclusions import PathStep
from knowledge.reasoning.branches import Ask, Fork, Leaf, Node
from knowledge.reasoning.tree import Tree

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

    def add(self, node: Node) -> str:
        """Return the name of *node*; a new node is added with all nodes below it."""
        key: object = node if isinstance(node, Leaf) else id(node)
        if key in self.names:
            return self.names[key]
        name = self.names[key] = f"{self.prefix}n{len(self.names) + 1}"
        self.nodes.append((name, self.label(node), node))
        if isinstance(node, Fork):
            self.edges += [(name, self.add(part), "", False) for part in node.parts]
        if isinstance(node, Ask):
            question = self.tree.case.questions[node.question]
            for answers, child in group_edges(node):
                says = " or ".join(question.says(answer) for answer in answers)
                walked = self.trail.get(id(node)) in answers
                self.edges.append((name, self.add(child), says, walked))
        return name

    def label(self, node: Node) -> str:
        if isinstance(node, Leaf):
            return "; ".join(verdict_lines(self.tree, node))
        return self.tree.case.questions[node.question].asks if isinstance(node, Ask) else "all of these"

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


def draw_dot(tree: Tree, path: tuple[PathStep, ...]) -> str:
    """Draw *tree* for Graphviz, with *path* marked."""
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
    """Write a Mermaid label: quoted, with characters that end it or start markup as entities."""
    entities = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;"}
    return '"' + "".join(entities.get(item, item) for item in " ".join(text.split())) + '"'


def _string(text: str) -> str:
    """Write a DOT string."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
