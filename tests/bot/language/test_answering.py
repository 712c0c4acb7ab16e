"""Questions are answered from what is written, sentence by sentence with a source, or declined."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.main import main
from bot.language.answer import Answer
from bot.language.answering import answer_question
from bot.language.case_context import CaseContext
from bot.rendering.terminal.answer import render_answer
from bot.rendering.terminal.console import to_text
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

ROOT = Path(__file__).parents[3]
KNOWLEDGE = load_knowledge()
NETWORK = load_network()


def asked(text: str, about: CaseContext | None = None) -> Answer:
    return answer_question(text, about or CaseContext(), KNOWLEDGE, NETWORK)


@given(
    st.text(max_size=300), st.sampled_from(["", "31009", "53405"]), st.sampled_from(["", "media-udp-blocked"])
)
@settings(max_examples=150, deadline=None)
def test_any_text_gets_an_answer_or_none(text: str, code: str, cause: str) -> None:
    """Whatever is asked, every sentence has a source that exists, and what is not answered says so."""
    answer = asked(text, CaseContext(code=code, causes=(cause,) if cause else ()))
    assert answer.text
    assert answer.answered or answer.text.startswith("I don't know")
    for sentence in answer.sentences:
        assert (ROOT / answer.sources[sentence.source].file).is_file()
    assert to_text(render_answer(answer))


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("why would TURN help?", "knowledge/answers/turn-why.md"),
        ("what does NAT mean?", "knowledge/answers/nat-what.md"),
        ("what does 31009 mean?", "knowledge/answers/code-31009.md"),
        ("what is 31105?", "knowledge/errors/31105.yaml"),
    ],
)
def test_answers_come_from_a_file(text: str, file: str) -> None:
    """A question that a file answers gets that file's words and its references."""
    answer = asked(text)
    assert answer.answered
    assert answer.sources[0].file == file
    assert answer.sources[0].references


@pytest.mark.parametrize(
    "text", ["", "???", "what is the weather in Dublin", "how do I send an SMS", "what is 31999"]
)
def test_what_nothing_answers_is_declined(text: str) -> None:
    """A question that nothing answers is declined, not bent."""
    assert not asked(text).answered


def test_follow_ups_keep_the_context() -> None:
    """Words that only point are about the case: its causes, its platform, its edge, its code."""
    about = CaseContext(code="53405", platform="ios", edge="dublin", causes=("media-udp-blocked",))
    fix = asked("how do I fix it?", about)
    assert fix.sources[0].file == "knowledge/causes/media-udp-blocked.yaml"
    assert "168.86.128.0/18" in fix.text
    assert "{" not in fix.text
    assert (
        asked("what does that mean?", about).sources[0].title == KNOWLEDGE.causes["media-udp-blocked"].title
    )
    assert (
        asked("what does it mean?", CaseContext(code="53405")).sources[0].file.endswith("53405.yaml")
        or "53405" in asked("what does it mean?", CaseContext(code="53405")).text
    )
    edge = asked("how do I change the edge?", CaseContext(platform="android"))
    assert edge.sources[0].file == "knowledge/answers/edge-set-android.md"


def test_evidence_of_the_case_comes_first() -> None:
    """Asked how it is known, the answer is what was seen in this case."""
    about = CaseContext(
        code="31009", causes=("signaling-blocked",), evidence=("TCP 443 was refused by 192.0.2.1.",)
    )
    answer = asked("how do you know?", about)
    assert answer.text == "TCP 443 was refused by 192.0.2.1."
    assert answer.sources[0].title == "the checks of this case"


def test_commands_print_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`understand` and `ask` print the keys they promise, and end with 0 or 3."""
    assert main(["understand", "no audio on VPN with ios", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["codes"], found["platform"]) == ([], "ios")
    assert set(found["causes"][0]) >= {"id", "score"}
    assert main(["ask", "why would TURN help", "--platform", "ios", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["answered"] is True
    assert set(answer) >= {"answered", "answer", "sources", "closest"}
    assert main(["ask", "who won the football match", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["answered"] is False
    assert main(["understand", "hello"]) == 3
    assert "do not understand" in capsys.readouterr().out
    assert main(["ask", "why would TURN help"]) == 0
    assert "[1] Network requirements of the Voice SDKs: https://" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["ask"],
        ["understand", " "],
        ["ask", "why", "--code", "99999"],
        ["ask", "why", "--platform", "symbian"],
        ["ask", "why", "--cause", "turn-requird"],
        ["ask", "why", "--edge", "atlantis"],
        ["understand", "x", "--colour"],
    ],
)
def test_wrong_words_are_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An option that is not known is a usage error with one sentence."""
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("lineman: ")


def test_a_long_answer_has_one_paragraph_per_source_and_each_page_once() -> None:
    """An answer from several passages marks each once, and lists a page once with all numbers that rest on it."""
    answer = asked("which ports do we have to open?")
    marks = [f"[{number}]" for number in range(1, len(answer.sources) + 1)]
    paragraphs = [line.text for line in render_answer(answer) if not line.style]
    assert len(marks) > 3
    assert [text[text.rindex("[") :] for text in paragraphs] == marks
    assert all(text.count("[") == 1 for text in paragraphs)
    pages = [line.text for line in render_answer(answer) if line.style == "dim"]
    addresses = [text[text.index("https://") :] for text in pages]
    assert len(addresses) == len(set(addresses))
    assert {mark for mark in marks if any(mark in text for text in pages)} == set(marks)


def test_an_answer_that_is_only_likely_says_so() -> None:
    """Both nearest passages are given, each under its title, and neither as certain."""
    answer = asked("can the router be too old")
    assert (answer.answered, answer.certain, answer.either) == (True, False, True)
    assert len(answer.sources) == 2
    text = to_text(render_answer(answer))
    assert text.startswith("I'm not sure. One of these may answer it:")
    assert all(f"{source.title}: " in text for source in answer.sources)
    assert answer.text.startswith("I'm not sure.")


def test_two_answers_that_fit_about_as_well() -> None:
    """Both are given; an answer that fits alone begins with itself."""
    answer = asked("can a firewall slow the websocket down")
    assert answer.certain
    assert answer.either
    assert to_text(render_answer(answer)).startswith("Two answers fit:")
    assert not asked("why would TURN help?").opening
