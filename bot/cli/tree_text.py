"""Draw decision trees for the place where they are written: text is folded at words on a terminal."""

import shutil
import sys
import textwrap
from collections.abc import Sequence

from knowledge.authoring.overview import draw_all
from knowledge.reasoning.tree import Tree


def draw_for_output(trees: Sequence[Tree], form: str) -> str:
    """Draw *trees* in *form*. In a file or a pipe, and in other forms than text, no line is folded."""
    drawn = draw_all(trees, form)
    if form != "text" or not sys.stdout.isatty():
        return drawn
    return folded(drawn, shutil.get_terminal_size().columns)


def folded(text: str, width: int) -> str:
    """Fold the lines of *text* at words, the rest of a line indented below its beginning."""
    lines = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        lines += textwrap.wrap(
            line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)
