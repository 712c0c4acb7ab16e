"""Grades of texts, and the limits that they keep."""

from pathlib import Path

import pytest

from tests.voice.readability import (
    ReadingGrade,
    count_syllables,
    customer_grades,
    document_grades,
    grade,
    joined_grades,
    report,
)


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("network", 2),
        ("Your", 1),
        ("team's", 1),
        ("allow", 2),
        ("signaling", 3),
        ("twilio", 2),
        ("netcode", 2),
        ("roamable", 3),
    ],
)
def test_syllables(word: str, syllables: int) -> None:
    """From the dictionary, and by vowels where it has no entry."""
    assert count_syllables(word) == syllables


def test_grade_is_that_of_the_formula() -> None:
    """0.39 x words per sentence + 11.8 x syllables per word - 15.59."""
    assert grade(["The cat sat on the mat.", "It slept."]) == pytest.approx(0.39 * 4 + 11.8 - 15.59)
    assert grade([]) == 0.0


def test_a_host_is_one_short_word() -> None:
    """Hosts, ranges, ports, and placeholders make no text harder."""
    plain = grade(["Allow the host at port host."])
    for host, port in (
        ("chunderm.gll.twilio.com", "443"),
        ("168.86.128.0/18", "10000-60000"),
        ("{host}", "{port}"),
    ):
        assert grade([f"Allow the {host} at port {port}."]) == pytest.approx(plain)


def test_every_text_keeps_its_limit() -> None:
    """Customer texts at grade 8 at most, documents at 10."""
    customers, documents = [*customer_grades(), *joined_grades()], list(document_grades())
    assert len(customers) > 160
    assert {"README.md", "docs/slack.md"} <= {one.name for one in documents}
    assert [one for one in (*customers, *documents) if one.is_hard] == []


def test_a_hard_text_is_named(tmp_path: Path) -> None:
    """A document above the limit is on the report."""
    hard = "Organizational heterogeneity necessitates comprehensive interdepartmental communication methodologies."
    (tmp_path / "README.md").write_text(f"{hard}\n\n```\ncode is not read\n```\n")
    (found,) = document_grades(tmp_path)
    assert found.is_hard
    assert any("too hard: README.md" in line for line in report("documents", [found]))
    easy = ReadingGrade("a", 3.0, 8.0)
    assert not any("too hard" in line for line in report("documents", [easy]))
