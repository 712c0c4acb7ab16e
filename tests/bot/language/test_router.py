"""Words of any way in are taken for what they want: a diagnosis, a meaning, a list, an answer or a reading."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.allowlist.request import ListRequest
from bot.errors import UsageError
from bot.language.answer import Answer
from bot.language.case_context import CaseContext
from bot.language.follow_ups import LastQuestion, follow_up
from bot.language.intents import Intent
from bot.language.make_request import AmbiguousCode
from bot.language.routed_intent import (
    CodeMeanings,
    Conversation,
    LanguageContext,
    LinkWanted,
    MissingPlatform,
    NotForUs,
    NotUnderstood,
    RelaysWanted,
    UnknownCode,
)
from bot.language.router import route
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.slack.hostile import PIECES

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
WORDS = make_vocabulary(KNOWLEDGE, NETWORK, ("local", "acme-hq"))
WORLD = LanguageContext(KNOWLEDGE, NETWORK, WORDS)


def wanted(text: str, about: CaseContext | None = None) -> object:
    last = LastQuestion("", about) if about else LastQuestion()
    return route(text, WORLD, Conversation(last=last))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("31009 ios edge=frankfurt", Request),
        ("customer has 31009 on ios, help", Request),
        ("why do we get 31009 on ios", Request),
        ("our log has 31008 and 31009", AmbiguousCode),
        ("meaning 31005", CodeMeanings),
        ("what does 31005 mean", CodeMeanings),
        ("What is error 31005?", CodeMeanings),
        ("explain 53405", CodeMeanings),
        ("31006", UnknownCode),
        ("what does 31006 mean", UnknownCode),
        ("what is the difference between 31005 and 31009?", Answer),
        ("why does TURN help?", Answer),
        ("diagnose why does TURN help?", Answer),
        ("can I allow-list by IP?", Answer),
        ("what is a marmalade", Answer),
        ("no audio on VPN", SymptomMatch),
        ("my phone does not ring", SymptomMatch),
        ("allowlist ios edge=frankfurt turn=yes", ListRequest),
        ("give me the whitelist for android", ListRequest),
        ("allow-list for the iphone app in frankfurt as nft please", ListRequest),
        ("allowlist", MissingPlatform),
        ("allowlist ios edge=frankfrt", UsageError),
        ("allowlist ios network=/etc/passwd", UsageError),
        ("allowlist --network /etc/passwd ios", UsageError),
        ("31009 isos", UsageError),
        ("isos", UsageError),
    ],
)
def test_words_are_taken_for_what_they_want(text: str, kind: type) -> None:
    """Each way to ask leads to its own kind of answer."""
    assert isinstance(wanted(text), kind)


def test_names_are_kept() -> None:
    """Platform, edge, relay and what a person knows are kept, whatever it is that is wanted."""
    assert wanted("what does 53000 mean on ios?") == CodeMeanings(("53000",), "ios")
    assert wanted("allowlist as csv for android, frankfurt, with turn") == ListRequest(
        "android", "frankfurt", turn=True, form="csv"
    )
    assert wanted("allowlist turn=yes", CaseContext(platform="ios", edge="dublin")) == ListRequest(
        "ios", "dublin", turn=True
    )
    story = wanted("no audio on iOS over a VPN from acme-hq")
    assert isinstance(story, SymptomMatch)
    assert dict(story.clues) == {"platform": "ios", "vpn": "yes", "relay": "acme-hq"}


def test_unknown_code_offers_the_nearest() -> None:
    """Beside a code that nobody knows stand the nearest, and what was asked about it."""
    assert wanted("what does 31006 mean") == UnknownCode("31006", ("31005", "31007", "31008"), meaning=True)
    assert wanted("39999") == UnknownCode("39999", ())


def test_general_question_begins_nothing() -> None:
    """A question that no passage answers is never gone ahead with as a story: it may be general."""
    for text in (
        "is there no audio when on VPN at all?",
        "does no sound come through?",
        "what is a firewall?",
    ):
        found = wanted(text)
        assert isinstance(found, Answer) or (isinstance(found, SymptomMatch) and found.verdict != "sure"), (
            text
        )


@pytest.mark.parametrize(
    ("text", "before", "question"),
    [
        ("and on iOS?", "how do I set the edge on android?", "how do I set the edge on ios?"),
        ("what about react native?", "how do I pass TURN?", "how do I pass TURN on react native?"),
        ("and the iphone app?", "which ports are needed?", "which ports are needed on ios?"),
        ("try android", "which ports are needed?", ""),
        ("now test the iphone app", "which ports are needed?", ""),
        ("why?", "how do I pass TURN?", ""),
        ("and on iOS?", "", ""),
        ("and on android the calls fail since yesterday", "how do I pass TURN?", ""),
    ],
)
def test_follow_up_goes_on(text: str, before: str, question: str) -> None:
    """A platform alone repeats the last question for it; anything else is a question of its own."""
    assert follow_up(text, [before] if before else [], WORDS) == question


@pytest.mark.unmeasured
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "what does", "mean", "allowlist", "why", "no audio"]), max_size=6))
def test_any_text_wants_something(parts: list[str]) -> None:
    """Whatever is written, it is one of the kinds, and nothing is raised."""
    assert wanted(" ".join(parts)) is not None


CASE = Conversation(in_case=True, about=CaseContext("31009", "ios"), asked="slept")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("yes", Intent("answer", {"slept": "yes"})),
        ("No, it was in use", Intent("answer", {"slept": "no"})),
        ("don't know", Intent("unsure")),
        ("not on a VPN", Intent("answer", {"vpn": "no"})),
        ("without vpn yes", Intent("answer", {"without-vpn": "yes"})),
        ("without-vpn=yes", Intent("answer", {"without-vpn": "yes"})),
        ("turn fresh no", Intent("answer", {"turn-fresh": "no"})),
        ("token: wrong-key", Intent("answer", {"token": "wrong-key"})),
        ("android", Intent("platform", {"platform": "android"})),
        ("53000 ios", Request("53000", "ios")),
        ("/diagnose 31009 ios", Request("31009", "ios")),
        ("relays", RelaysWanted()),
        ("link", LinkWanted()),
        ("a check link for the customer, please", LinkWanted()),
        ("31009 android link", LinkWanted(Request("31009", "android", relays=("local",)))),
        ("stop", Intent("stop")),
        ("qwertz!", NotUnderstood()),
    ],
)
def test_words_in_a_case(text: str, meaning: object) -> None:
    """In a case, words go on with it: answers to its open question and to any other, changes, another code."""
    assert route(text, WORLD, CASE) == meaning


@pytest.mark.parametrize(
    ("asked", "text", "answer"),
    [
        ("token", "it's expired", "expired"),
        ("token", "the wrong key", "wrong-key"),
        ("token", "everything is fine", "good"),
        ("token", "it is not expired", ""),
        ("token", "yes", ""),
        ("slept", "it did", "yes"),
        ("slept", "no problem, thanks", "no"),
        ("sdk-version", "v2.1.0", "2.1.0"),
    ],
)
def test_answers_in_other_words(asked: str, text: str, answer: str) -> None:
    """The open question is answered by a word of its answers in a short sentence; a negated word answers nothing."""
    routed = route(text, WORLD, replace(CASE, asked=asked))
    assert (routed.values if isinstance(routed, Intent) else {}) == ({asked: answer} if answer else {})


@pytest.mark.parametrize(
    "text", ["lunch?", "no problem", "no worries", "thanks!", "31009", "relays", "sure thing"]
)
def test_people_among_themselves(text: str) -> None:
    """Where people talk with one another, courtesies answer nothing, and a code alone starts nothing."""
    assert route(text, WORLD, replace(CASE, addressed=False)) == NotForUs()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("/diagnose 31009 link", LinkWanted(Request("31009", relays=("local",)))),
        (
            "link 31009 ios edge=frankfurt",
            LinkWanted(Request("31009", "ios", "frankfurt", relays=("local",))),
        ),
        ("send the customer a check link for 53000", LinkWanted(Request("53000", relays=("local",)))),
        ("/diagnose link", LinkWanted()),
    ],
)
def test_check_links(text: str, meaning: object) -> None:
    """A check link is asked for by its name, with the words of a request."""
    assert route(text, WORLD) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "the link in the app shows 31009",
        "31009 after a link-local address",
        "why does the link flap?",
        "31009 ios",
    ],
)
def test_other_links(text: str) -> None:
    """Words beside it that are no request make it something else."""
    assert not isinstance(route(text, WORLD), LinkWanted)


def test_several_codes_in_a_case() -> None:
    """A statement with several codes asks which one; a question about them is answered."""
    assert isinstance(route("it says 31009 or 53000", WORLD, CASE), AmbiguousCode)
    assert isinstance(route("what is the difference between 31005 and 31009?", WORLD, CASE), Answer)
