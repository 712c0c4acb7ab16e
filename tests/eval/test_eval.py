"""The goals for free text hold, on lines that were written down before anything was tuned and never learnt from."""

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.search.labeled_lines import HERE
from knowledge.search.library import Library
from knowledge.search.passages import load_passages
from tests.eval.__main__ import declined, measure
from tests.eval.asked import asked_files, load_asked
from tests.eval.data import load
from tests.eval.split import is_held_out

pytestmark = pytest.mark.unmeasured

KNOWLEDGE = load_knowledge()
PASSAGES = load_passages()
LIBRARY = Library(KNOWLEDGE, PASSAGES)


def bare(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" ?.!")


def test_halves_are_what_the_coin_said() -> None:
    """A line is in the half that its hash says (the foreign questions are counted out to thirty), and in no other."""
    for subject in ("symptoms", "questions"):
        tuning, held_out = load(subject, "tuning"), load(subject, "held-out")  # type: ignore[arg-type]  # a literal
        assert not {bare(row.text) for row in tuning} & {bare(row.text) for row in held_out}
        asked = [row for row in held_out if row.wanted or subject == "symptoms"]
        assert all(is_held_out(row.text) for row in asked)


def test_nothing_held_out_was_added_to_learn_from() -> None:
    """No held-out line stands in the lines that were written for learning."""
    written = (HERE / "phrases.yaml").read_text("utf-8") + (HERE / "asked.yaml").read_text("utf-8")
    learnt = {bare(line.strip(" -").strip('"')) for line in written.splitlines()}
    learnt |= {bare(question) for one in PASSAGES for question in one.questions}
    held_out = [row for subject in ("symptoms", "questions") for row in load(subject, "held-out")]  # type: ignore[arg-type]  # a literal
    assert [row.text for row in held_out if bare(row.text) in learnt] == []
    asked = [row.text for name in asked_files() for row in load_asked(name)]
    assert [text for text in asked if bare(text) in learnt] == []


def test_symptoms() -> None:
    """Of the held-out phrases at least 80 % lead to their cause first, and 95 % among the first three."""
    score = measure(load("symptoms", "held-out"), lambda text: [one.label for one in LIBRARY.causes(text)])
    assert score.first >= 0.80 * score.rows
    assert score.third >= 0.95 * score.rows


def test_questions() -> None:
    """Of the held-out questions at least 85 % lead to their passage first; 27 of 30 foreign ones are declined."""
    questions = load("questions", "held-out")
    score = measure(questions, lambda text: [one.label for one in LIBRARY.answers(text)])
    assert score.first >= 0.85 * score.rows
    foreign, kept = declined(questions, LIBRARY)
    assert foreign >= 27
    assert kept <= 0.1 * score.rows
