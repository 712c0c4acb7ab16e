"""Draw the trees of a code on several platforms; as text, list what the branches ask and can find, each once.

Pure.
"""

from collections.abc import Iterator, Sequence

from knowledge.authoring.draw import draw
from knowledge.reasoning.branches import Branch
from knowledge.reasoning.tree import Tree


def draw_all(trees: Sequence[Tree], form: str = "text") -> str:
    """Draw one tree, or the trees of several platforms: as text one list, else one chart for each platform."""
    drawn = [draw(tree, form) for tree in trees]
    if len(trees) < 2:
        return drawn[0]
    if form == "text":
        return overview(trees)
    if form == "mermaid":  # a file holds one chart, so each is a block of a page
        blocks = zip(trees, drawn, strict=True)
        drawn = [
            f"## {tree.case.code} on {tree.case.platform}\n\n```mermaid\n{chart}\n```"
            for tree, chart in blocks
        ]
    return "\n\n".join(drawn)


def overview(trees: Sequence[Tree]) -> str:
    """Write one list for the *trees* of one code: the branch with the likeliest cause first.

    A branch that is the same on several platforms is listed once. Answers are left out: `draw` has them.
    """
    return "\n".join(_lines(trees))


def _lines(trees: Sequence[Tree]) -> Iterator[str]:
    code, platforms = trees[0].case.code, [tree.case.platform for tree in trees]
    yield f"{code} on {', '.join(platforms)}. Every branch is followed, so several causes can be found at once."
    yield f"To see the answers, choose one: --platform {'|'.join(platforms)}"
    for number, (branch, where) in enumerate(_merged(trees), 1):
        only = f" (only {', '.join(where)})" if len(where) < len(platforms) else ""
        yield from ("", f"{number}. {branch.title}{only}")
        for question in branch.questions.values():
            yield f"   [{question.id}] {question.asks}{' (a person is asked)' if question.person else ''}"
        yield from (f"   - {cause.id}: {cause.title}" for cause in branch.causes)


def _merged(trees: Sequence[Tree]) -> list[tuple[Branch, list[str]]]:
    """Give each branch with its platforms, in the order of the first tree that has it."""
    found: dict[tuple[frozenset[str], frozenset[str]], tuple[Branch, list[str]]] = {}
    for tree in trees:
        for branch in tree.branches:
            key = frozenset(branch.questions), frozenset(cause.id for cause in branch.causes)
            found.setdefault(key, (branch, []))[1].append(tree.case.platform)
    code = trees[0].case.code
    return sorted(found.values(), key=lambda entry: -entry[0].causes[0].weight[code])
