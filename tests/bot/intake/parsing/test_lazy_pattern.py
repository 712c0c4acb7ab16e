"""Patterns that are compiled when they are needed."""

import re

import pytest

from bot.intake.parsing.lazy_pattern import LazyPattern


def test_it_is_like_a_pattern() -> None:
    """With its flags."""
    lazy, plain = LazyPattern(r"a(b)", re.IGNORECASE), re.compile(r"a(b)", re.IGNORECASE)
    assert lazy.findall("xAB ab") == plain.findall("xAB ab") == ["B", "b"]
    assert [match.start() for match in lazy.finditer("xAB ab")] == [1, 4]
    assert lazy.match("xab") is None
    assert (found := lazy.search("xab")) is not None
    assert found.start() == 1


def test_it_is_compiled_at_its_first_use() -> None:
    """Not before, so that a start costs nothing."""
    broken = LazyPattern("(")
    with pytest.raises(re.error):
        broken.search("x")
