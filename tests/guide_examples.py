"""The example files in a guide: a line with the path in backticks, then a fenced block with the text."""

import re
from pathlib import Path

_EXAMPLE = re.compile(r"^`(knowledge/[^`]+)`\n\n```(?:yaml|markdown)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read_examples(guide: Path) -> dict[str, str]:
    """Each example of *guide* by its path."""
    return dict(_EXAMPLE.findall(guide.read_text(encoding="utf-8")))
