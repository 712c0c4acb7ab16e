"""Questions in people's own words are answered, with and without vectors; foreign ones are declined."""

from pathlib import Path

import pytest

from tests.eval.asked import AskedScore, load_asked, measure_asked, reply_to
from tests.knowledge.search.optional_vectors import need_vectors

pytestmark = pytest.mark.unmeasured

MARKS = {
    "asked-7.tsv": (0.85, 0.09),
    "asked-blind.tsv": (0.92, 0.06),
}  # at least right, at most wrong, of the own ones


def score_of(name: str) -> AskedScore:
    reply_to.cache_clear()  # a reply depends on what is installed and switched on
    return measure_asked(load_asked(name))


@pytest.fixture
def _vectors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    need_vectors(monkeypatch, tmp_path)


@pytest.mark.parametrize("name", MARKS)
def test_by_words_alone(name: str) -> None:
    """The package of vectors is optional."""
    right, wrong = MARKS[name]
    score = score_of(name)
    assert score.right >= right * score.own, "\n".join(score.misses)
    assert score.wrong <= wrong * score.own, "\n".join(score.misses)
    assert score.declined >= 0.9 * score.foreign, "\n".join(score.misses)


@pytest.mark.usefixtures("_vectors")
def test_by_words_and_vectors() -> None:
    """With the package, more are right, and fewer wrong."""
    score = score_of("asked-7.tsv")
    assert score.right >= 0.88 * score.own
    assert score.wrong <= 0.04 * score.own
    assert score.declined >= 0.9 * score.foreign
