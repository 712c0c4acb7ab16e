"""Changes and answers are applied to a request by one rule; a version goes with its platform."""

import pytest

from bot.diagnosis.revise import answers_for, apply_changes, can_reuse, override
from bot.model.request import MAX_RELAYS, Request
from bot.model.vocabulary import make_vocabulary, person_questions
from bot.redaction.redact import redact
from bot.relays.hub.quotas import HubLimits
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

KNOWLEDGE = load_knowledge()
WORDS = make_vocabulary(KNOWLEDGE, load_network(None), ("local", "acme-hq"))
IOS = Request("31009", "ios", "dublin", {"sdk-version": "6.10.0", "vpn": "no"}, ("acme-hq",))


@pytest.mark.parametrize(
    ("values", "answers"),
    [
        ({}, {"sdk-version": "6.10.0", "vpn": "no"}),
        ({"platform": "ios"}, {"sdk-version": "6.10.0", "vpn": "no"}),
        ({"platform": "android"}, {"vpn": "no"}),
        ({"platform": "android", "sdk-version": "v6.1"}, {"vpn": "no", "sdk-version": "6.1"}),
        ({"edge": "tokyo", "slept": "Y"}, {"sdk-version": "6.10.0", "vpn": "no", "slept": "yes"}),
        ({"vpn": "TRUE", "about": "nat"}, {"sdk-version": "6.10.0", "vpn": "yes"}),
    ],
)
def test_answers_after_a_change(values: dict[str, str], answers: dict[str, str]) -> None:
    """Another platform drops the version, unless it brings one; words are written as they are usual."""
    changed = apply_changes(IOS, values, WORDS)
    assert changed.answers == answers
    assert changed.platform == values.get("platform", "ios")
    assert changed.edge == values.get("edge", "dublin")


def test_every_option_of_the_knowledge_is_an_answer() -> None:
    """Each is taken in each of its words, and no text of ours redacts `name=answer`."""
    assert len(WORDS.options) >= 14
    for name, words in WORDS.options.items():
        for word, usual in (words or {"v6.1": "6.1"}).items():
            assert apply_changes(Request("31009", "ios"), {name: word}, WORDS).answers == {name: usual}
            for text in (f"{name}={word}", f"{name}: {word}", f"{name} {word}"):
                assert redact(text).text == text


def test_relays_and_reuse() -> None:
    """Another place needs a new run; one platform of all, or another answer, does not."""
    everywhere = Request("31009", None, "dublin", relays=("acme-hq",))
    assert apply_changes(IOS, {"relay": "local,acme-hq"}, WORDS).relays == ("local", "acme-hq")
    assert can_reuse(everywhere, IOS)
    assert not can_reuse(IOS, everywhere)
    assert not can_reuse(IOS, apply_changes(IOS, {"edge": "tokyo"}, WORDS))
    assert not can_reuse(IOS, apply_changes(IOS, {"relay": "local"}, WORDS))
    assert not can_reuse(IOS, apply_changes(IOS, {"platform": "android"}, WORDS))


def test_values_of_one_text() -> None:
    """What is filled in beside a text counts more, and takes the version of the text's own platform away."""
    text = {"platform": "ios", "sdk-version": "6.1", "vpn": "no"}
    assert override(text, {"platform": "android"}, WORDS) == {"platform": "android", "vpn": "no"}
    assert override(text, {"platform": "ios"}, WORDS) == text
    assert override({"sdk-version": "6.1"}, {"platform": "ios"}, WORDS) == {
        "sdk-version": "6.1",
        "platform": "ios",
    }
    assert answers_for(IOS, "android", WORDS) == {"vpn": "no"}
    assert answers_for(IOS, "ios", WORDS) == IOS.answers


def test_a_form_asks_every_option_once() -> None:
    """The version is asked for as the platform's own question does; what needs another answer comes last."""
    for platform, version in (("javascript", "does the page load"), ("ios", "is in the app")):
        asked = person_questions(KNOWLEDGE, platform)
        assert sorted(question.option for question in asked) == sorted(WORDS.options)
        assert any(version in question.ask for question in asked if question.option == "sdk-version")
        last = {"turn-fresh", "without-vpn", "browser-proxy", "secure-dns"}
        assert {question.option for question in asked[-4:]} == last


def test_one_limit_of_relays() -> None:
    """The hub counts the relays of one diagnosis by the limit that the parser, the form and the directory have."""
    assert HubLimits().case_relays == MAX_RELAYS
