"""The table of readers and the files beside it."""

import re
from pathlib import Path

FOLDER = Path("bot/intake/readers")
READER = re.compile(r"^def \w+\(text: str\) -> Iterator\[tuple\[str, int, ToolFacts\]\]:", re.MULTILINE)


def test_every_reader_of_a_tool_is_in_the_table() -> None:
    """A file with a reader has its line, or nothing would ever be read by it."""
    readers = [file for file in sorted(FOLDER.glob("*.py")) if READER.search(file.read_text())]
    assert len(readers) >= 4
    table = (FOLDER / "__init__.py").read_text()
    for file in readers:
        listed = re.search(rf"\b{file.stem}\b", table)
        assert listed, f"bot/intake/readers/__init__.py: the table needs a line for {file}"
