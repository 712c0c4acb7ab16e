"""Questions in people's own words are answered, with and without vectors; foreign ones are declined."""

from pathlib import Path

import pytest

from tests.eval.asked import AskedScore, load_asked, measure_asked, reply_to
from tests.knowledge.search.optional_vectors import need_vectors


@pytest.fixture
def score() -> AskedScore:
    reply_to.cache_clear()  # a reply depends on what is installed and switched on
    return measure_asked(load_asked("asked-7.tsv"))


@pytest.fixture
def _vectors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    need_vectors(monkeypatch, tmp_path)


def test_by_words_alone(score: AskedScore) -> None:
    """The package of vectors is optional."""
    assert score.right >= 0.85 * score.own
    assert score.wrong <= 0.09 * score.own
    assert score.declined >= 0.9 * score.foreign


@pytest.mark.usefixtures("_vectors")
def test_by_words_and_vectors(request: pytest.FixtureRequest) -> None:
    """With the package, more are right, and fewer wrong."""
    score: AskedScore = request.getfixturevalue("score")
    assert score.right >= 0.88 * score.own
    assert score.wrong <= 0.04 * score.own
    assert score.declined >= 0.9 * score.foreign
