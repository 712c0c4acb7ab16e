"""`is_in` says what `search` says, for the signs and lines of every tool."""

from pathlib import Path
from typing import Final

import pytest
import yaml

from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.readers import TOOLS, ToolReader
from knowledge.search.small_letters import small_text
from tests.bot.intake.readers.test_captures import TABLE

SAMPLES: Final = Path(__file__).parents[1] / "readers" / "tools.yaml"
TEXTS: Final = [TABLE, *(str(sample["text"]) for sample in yaml.safe_load(SAMPLES.read_text("utf-8")))]
LINES: Final = list(dict.fromkeys(line for text in TEXTS for line in text.split("\n")))
ODD: Final = (
    str.upper,
    str.lower,
    lambda text: text.replace("i", "\u0131"),
    lambda text: f"agent@pc:~$ {text}",
)


@pytest.mark.parametrize("reader", TOOLS, ids=lambda reader: reader.tool)
def test_is_in_agrees_with_search(reader: ToolReader) -> None:
    """In real output, in lines of it, and in both written otherwise."""
    found = 0
    for pattern, texts in ((reader.sign, TEXTS), (reader.lines, LINES)):
        for text in texts:
            for written in (text, *(change(text) for change in ODD)):
                expected = pattern.search(written) is not None
                assert pattern.is_in(written, small_text(written)) is expected, written
                found += expected
    assert found >= 5


def test_brackets_in_a_pattern_split_nothing() -> None:
    """Only a bar outside of parentheses and brackets separates alternatives, and an escaped one never does."""
    pattern = LazyPattern(r"^a(?:b|c)[(|]x|\||]?d")
    for text in ("ab(x", "ac|x", "za|x", "b|", "d", "b", "c", ""):
        assert pattern.is_in(text, text) is (pattern.search(text) is not None), text
