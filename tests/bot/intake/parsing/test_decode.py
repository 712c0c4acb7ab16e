"""Bytes of any encoding become text, and prefixes go without taking lines along."""

import pytest

from bot.intake.parsing.decode import decode, forms_of, plain, without_prefixes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_are_told(encoding: str) -> None:
    """With a mark or without one, the text is the same."""
    assert decode('{"edge": "dublin"}'.encode(encoding)) == '{"edge": "dublin"}'


def test_prefixes_are_taken_from_each_line() -> None:
    """A logger's prefix goes, an empty line after it stays a line."""
    text = "2026-11-28 10:00:00 INFO {\nE/Voice:\n>\n}"
    assert without_prefixes(text) == "{\n\n\n}"


def test_chat_marks_are_undone() -> None:
    """Typographic quotes, entities and Slack's links are as they were typed."""
    assert plain("\u201cedge\u201d &amp; <https://a.example|a.example>") == '"edge" & a.example'
    assert forms_of("plain") == ("plain",)
