"""Parts of a tree that every drawing needs: the nodes on the path, the lines of a leaf, edges grouped by target.

Pure.
"""

from collections.abc import Iterable

from knowledge.model.conclusions import PathStep
from knowledge.reasoning.branches import Ask, Fork, Leaf, Node
from knowledge.reasoning.tree import Tree


def find_trail(roots: Iterable[Node], path: Iterable[PathStep]) -> dict[int, str]:
    """Return the nodes on *path* by `id()`, with their answers; an unknown answer ends the path."""
    answers = {step.question: step.answer for step in path}
    trail: dict[int, str] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Fork):
            waiting += node.parts
        elif isinstance(node, Ask) and (answer := answers.get(node.question)):
            trail[id(node)] = answer
            onward = dict(node.edges).get(
                answer
            )  # answers that only the user's device can give are not drawn
            waiting += [onward] if onward else []
    return trail


def verdict_lines(tree: Tree, leaf: Leaf, *, effects: bool = True) -> list[str]:
    """Write the conclusion of *leaf*: a line for each cause found, and one for the undecided causes."""
    lines = [
        f"FOUND {id_}: {tree.case.causes[id_].title}{_effects(tree, id_) if effects else ''}"
        for id_ in leaf.found
    ]
    if leaf.open:
        lines.append(f"cannot be decided this way: {', '.join(leaf.open)}")
    return lines or ["nothing found"]


def _effects(tree: Tree, cause: str) -> str:
    effects = [
        explains.id for explains in tree.case.causes[cause].explains if explains.id in tree.case.causes
    ]
    return f" (side effects: {', '.join(effects)})" if effects else ""


def group_edges(node: Ask) -> list[tuple[tuple[str, ...], Node]]:
    """Group the answers of *node* by the node they lead to, in the order of the question."""
    groups: dict[object, tuple[tuple[str, ...], Node]] = {}
    for answer, child in node.edges:
        key: object = child if isinstance(child, Leaf) else id(child)
        before = groups.get(key)
        groups[key] = ((*before[0], answer), child) if before else ((answer,), child)
    return list(groups.values())
