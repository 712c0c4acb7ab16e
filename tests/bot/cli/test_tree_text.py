"""Trees on a terminal: folded at words, and unchanged in a file."""

from bot.cli.tree_text import folded

TREE = """\
1. signaling (tcp)
     - yes: FOUND signaling-blocked: Connections to the signaling gateways are blocked"""


def test_lines_are_folded_at_words() -> None:
    """No line is wider than the terminal, no word is cut, and what follows is indented below the line's beginning."""
    lines = folded(TREE, 40).splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[1].startswith("     - yes:")
    assert all(line.startswith(" " * 9) for line in lines[2:])
    assert " ".join(folded(TREE, 40).split()) == " ".join(TREE.split())
