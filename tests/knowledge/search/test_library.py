"""Retrieval: any text is ranked, always the same way, and passages are small, sourced and well-formed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.loading.load import load_knowledge
from knowledge.model.problems import KnowledgeError
from knowledge.search.labeled_lines import ELSEWHERE, load_concepts
from knowledge.search.library import Context, Library, library_of
from knowledge.search.passages import load_passages, sentences_of
from knowledge.search.tokens import make_concepts, telling, words_of

KNOWLEDGE = load_knowledge()
PASSAGES = load_passages()
LIBRARY = library_of(KNOWLEDGE)

GOOD = """\
---
id: one
title: One
questions:
  - what is one?
references:
  - {title: A page, url: https://page.example/}
---
One is one. Two is not.
"""


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_ranked(text: str) -> None:
    """Whatever the text, every cause and every passage gets a place, once, and scores fall."""
    for ranked, known in (
        (LIBRARY.causes(text), set(KNOWLEDGE.causes)),
        (LIBRARY.answers(text), set(LIBRARY.passages)),
    ):
        assert {one.label for one in ranked} == known | {ELSEWHERE}
        assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_learning_twice_gives_the_same() -> None:
    """The same files give the same scores, to the last bit."""
    text = "ringing and then nothing to hear on the vpn"
    again = Library(KNOWLEDGE, PASSAGES)
    assert again.causes(text) == LIBRARY.causes(text)
    assert again.answers(text) == LIBRARY.answers(text)


def test_endings_and_spellings_are_one() -> None:
    """Forms of a word are one word, and so are ways to write one."""
    assert words_of("blocked blocking blocks") == ["block"] * 3
    assert words_of("Wi-Fi wifi") == words_of("wifi WLAN")
    assert words_of("can't") == words_of("cannot")
    assert telling(words_of("what does it do")) == []


def test_concepts_have_gaps() -> None:
    """A phrase with `..` is found with a few words in between, and not across a long way."""
    concepts = load_concepts()
    assert "other-network-works" in concepts.found_in(words_of("it works on my phone's hotspot"))
    assert "relay-down" not in concepts.found_in(words_of("turn left " + "and go on " * 5 + "not reachable"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ice", []),
        ("the ice server", ["one"]),
        ("ice cold server", []),
        ("need relay", ["two"]),
        ("needs a b c relay", ["two"]),
        ("need a b c d relay", []),
        ("need relay need it down here", ["two", "three"]),
        ("relay need", []),
    ],
)
def test_phrases_are_compared_word_by_word(text: str, found: list[str]) -> None:
    """The words of a phrase follow one another, a gap holds up to three others, and each concept comes once."""
    concepts = make_concepts(
        {"one": ["ice servers"], "two": ["needs .. relay"], "three": ["need .. need .. here"]}
    )
    assert concepts.found_in(words_of(text)) == found
    assert concepts.without("t").found_in(words_of(text)) == [name for name in found if name == "one"]


def test_context_favours_the_platform() -> None:
    """The same question leads to the passage of the platform at hand."""
    for platform in ("javascript", "android", "ios", "react-native"):
        best = LIBRARY.answers("how do I set the edge?", Context(platform=platform))[0]
        assert best.label == f"edge-set-{platform}"


@pytest.mark.unmeasured
def test_each_passage_answers_its_own_questions() -> None:
    """A question that stands in a passage leads there: its place is the first, or nearly always."""
    asked = [(question, one.id) for one in PASSAGES for question in one.questions]
    wrong = [pair for pair in asked if LIBRARY.answers(pair[0])[0].label != pair[1]]
    assert len(wrong) <= len(asked) // 50, wrong


@pytest.mark.unmeasured
def test_each_cause_is_read_from_its_own_symptoms() -> None:
    """What stands in a cause's `symptoms` leads to that cause, or nearly always."""
    told = [(text, one.id) for one in KNOWLEDGE.causes.values() for text in one.symptoms]
    wrong = [pair for pair in told if LIBRARY.causes(pair[0])[0].label != pair[1]]
    assert len(wrong) <= len(told) // 25, wrong


def test_passages_name_what_exists() -> None:
    """Causes, codes and platforms that a passage names are known; there are at least sixty."""
    assert len(PASSAGES) >= 60
    for one in PASSAGES:
        assert set(one.causes) <= set(KNOWLEDGE.causes), one.file
        assert set(one.platforms) <= set(KNOWLEDGE.platforms), one.file
        assert set(one.codes) <= set(KNOWLEDGE.errors), one.file
        assert all(ref.url.startswith("https://") for ref in one.references), one.file
        assert len(sentences_of(one.text)) <= 5, one.file


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("---\nid", "id", "two lines of ---"),
        ("id: one", "id: two", "must be two.md"),
        ("title: One\n", "", "title is missing"),
        ("title: One", "title: One\ncolour: red", "colour is no key"),
        ("url: https://page.example/", "href: x", "title and a url"),
        ("One is one. Two is not.", "", "1 to 700 letters"),
        ("One is one.", "x" * 701, "1 to 700 letters"),
        ("title: One", "title: One\nkind: novel", "kind can only be"),
        ("questions:\n  - what is one?", "questions: none", "questions must be a list"),
    ],
)
def test_mistakes_in_passages_are_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A passage that is not well-formed is refused, with the file and what is wrong."""
    (tmp_path / "one.md").write_text(GOOD, "utf-8")
    assert load_passages(tmp_path)[0].text == "One is one. Two is not."
    (tmp_path / "one.md").write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(KnowledgeError) as error:
        load_passages(tmp_path)
    assert told in str(error.value)
    assert "one.md:1" in str(error.value)


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("cordless headset, sensible?", "bluetooth"),
        ("nonexistent from here", "nxdomain-what"),
        ("their people refuse udp", "ports-https-only"),
    ],
)
def test_a_subject_in_other_words_is_one(text: str, passage: str) -> None:
    """A passage answers if it shares the subject according to the synonym file, and no word."""
    best = LIBRARY.answers(text)[0]
    assert best.label == passage
    assert LIBRARY.answered(text, best)


def test_a_way_of_asking_is_no_subject() -> None:
    """Concepts for how something is asked make no answer."""
    assert not LIBRARY.answered("how come, and how do we", LIBRARY.answers("how come, and how do we")[0])
