"""Sentence vectors: optional, used for questions that words alone do not decide, and stored once they are made."""

from pathlib import Path

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.search import vectors
from knowledge.search.fit import fits_as_well, is_certain, rerank
from knowledge.search.library import Library
from knowledge.search.ranker import Ranked
from knowledge.search.vectors import LineVectors, vectors_version
from tests.knowledge.search.optional_vectors import need_vectors

KNOWLEDGE = load_knowledge()
LINES = [("ports", "which ports must be open"), ("headset", "my headset is silent")]


def ranked(*scores: float) -> list[Ranked]:
    return [Ranked(name, score, 0.5, 0.5) for name, score in zip("abc", scores, strict=False)]


def test_vectors_change_the_order() -> None:
    """What words put second comes first if it is much more alike; what is not compared counts as not alike."""
    words = ranked(1.0, 0.9, 0.2)
    assert [item.label for item in rerank(words, {"a": 0.4, "b": 0.7, "c": 0.4})] == ["b", "a", "c"]
    assert [item.label for item in rerank(words, {"a": 0.5})] == ["a", "b", "c"]


def test_words_alone_decide_where_the_first_is_far_ahead() -> None:
    """Then no model is loaded. A lead that is small, or an answer that is only likely, decides nothing."""
    assert is_certain(ranked(2.0, 1.0), "sure")
    assert not is_certain(ranked(2.0, 1.0), "likely")
    assert not is_certain(ranked(2.0, 1.2), "sure")
    assert fits_as_well(ranked(1.0, 0.8))
    assert not fits_as_well(ranked(1.0, 0.6))


def test_descriptions_need_no_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Descriptions of causes are ranked without asking for them, also where they are installed."""

    def never() -> str:
        raise AssertionError

    monkeypatch.setattr("knowledge.search.library.vectors_version", never)
    library = Library(KNOWLEDGE)
    assert library.causes("no sound at all on the office Wi-Fi")
    with pytest.raises(AssertionError):
        library.answers("why is there no sound")


def test_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words alone, even if the package is installed."""
    monkeypatch.setenv("LINEMAN_VECTORS", "off")
    assert vectors_version() == ""
    assert Library(KNOWLEDGE).answers("what must be open?")[0].alike is None


def test_a_question_in_other_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The line that means the same is nearest, also in another language."""
    need_vectors(monkeypatch, tmp_path)
    lines = LineVectors(LINES)
    for text in ("what do we have to let through the firewall?", "¿qué puertos hay que abrir?"):
        likeness = lines.likeness(text)
        assert likeness["ports"] > likeness["headset"] + 0.1


def test_the_vectors_of_lines_are_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The second start loads them, and changed lines are encoded again."""
    need_vectors(monkeypatch, tmp_path)
    first = LineVectors(LINES).likeness("open ports")
    encoder, encoded = vectors._encoder(), []

    class Counting:
        def encode(self, texts: str | list[str]) -> object:
            encoded.append(texts)
            return encoder.encode(texts)

    monkeypatch.setattr(vectors, "_encoder", Counting)
    assert LineVectors(LINES).likeness("open ports") == pytest.approx(first)
    assert encoded == ["open ports"]
    LineVectors([*LINES, ("token", "the token has expired")])
    assert len(encoded) == 2
