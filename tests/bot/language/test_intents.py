"""What people write into a thread is taken for what they want, and nothing is taken for what they do not."""

# ruff: noqa: RUF001 - look-alikes on purpose

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.intents import EXAMPLES, RULES, Intent, ThreadContext, read_intent
from tests.bot.language.test_make_request import WORDS

TOPICS = {
    "turn-required": "turn-required",
    "Media needs TURN": "turn-required",
    "signaling-blocked": "signaling-blocked",
    "signaling-tcp": "signaling-tcp",
    "nat": "nat",
    "dns": "signaling-dns",
    "31009": "31009",
}
THREAD = ThreadContext(WORDS, topics=TOPICS)
VPN, TURN, SDK = (
    ThreadContext(WORDS, asked=option, topics=TOPICS) for option in ("vpn", "turn", "sdk-version")
)

PHRASES = [
    ("stop", "stop", {}),
    ("STOP!", "stop", {}),
    ("please cancel", "stop", {}),
    ("stop the run", "stop", {}),
    ("never mind", "stop", {}),
    ("ok, abort it please", "stop", {}),
    ("the calls stop after a minute", "unknown", {}),
    ("help", "help", {}),
    ("Help me please", "help", {}),
    ("?", "help", {}),
    ("what can you do?", "help", {}),
    ("how does this work", "help", {}),
    ("how do I run the preflight on iOS?", "preflight", {"platform": "ios"}),
    ("pre-flight react native", "preflight", {"platform": "react-native"}),
    ("Pre flight?", "preflight", {}),
    ("runPreflight andriod", "preflight", {"platform": "android"}),
    ("show the evidence", "evidence", {}),
    ("evidence for signaling blocked", "evidence", {"about": "signaling-blocked"}),
    ("how do you know it's turn-required?", "evidence", {"about": "turn-required"}),
    ("raw json", "evidence", {}),
    ("show me the details of signaling-tcp", "evidence", {"about": "signaling-tcp"}),
    ("Proof of the DNS step?", "evidence", {"about": "signaling-dns"}),
    ("can I see all results", "evidence", {}),
    ("what does NAT mean?", "meaning", {"about": "nat"}),
    ("what is “media needs turn”?", "meaning", {"about": "turn-required"}),
    ("What's 31009", "meaning", {"about": "31009"}),
    ("explain turn required", "meaning", {"about": "turn-required"}),
    ("what does symmetric RTP mean", "meaning", {"about": "symmetric RTP"}),
    ("tell me more about signaling blocked", "meaning", {"about": "signaling-blocked"}),
    ("why?", "meaning", {}),
    ("again", "again", {}),
    ("test again please", "again", {}),
    ("re-run", "again", {}),
    ("Rerun it", "again", {}),
    ("retry", "again", {}),
    ("one more time", "again", {}),
    ("I fixed it", "again", {}),
    ("we have opened the ports, check now", "again", {}),
    ("the firewall team allowlisted the range", "again", {}),
    ("fixed, test again from acme-hq", "relay", {"relay": "acme-hq"}),
    ("from acme-lab", "relay", {"relay": "acme-lab"}),
    ("acme-lab", "relay", {"relay": "acme-lab"}),
    ("try acme-lab instead", "relay", {"relay": "acme-lab"}),
    ("use relay acme-hq", "relay", {"relay": "acme-hq"}),
    ("and from the acme-hq relay with android?", "relay", {"relay": "acme-hq", "platform": "android"}),
    ("same from acme-lab and local", "relay", {"relay": "acme-lab,local"}),
    ("acme-hq, acme-lab and local please", "relay", {"relay": "acme-hq,acme-lab,local"}),
    ("test again from acme-hq & acme-lab", "relay", {"relay": "acme-hq,acme-lab"}),
    ("from acme-hq and it works there", "relay", {"relay": "acme-hq"}),
    ("local firewall was opened by the admin of the office", "unknown", {}),
    ("frankfurt", "edge", {"edge": "frankfurt"}),
    ("try Frankfurt", "edge", {"edge": "frankfurt"}),
    ("how about sao paulo?", "edge", {"edge": "sao-paulo"}),
    ("edge=dublin", "edge", {"edge": "dublin"}),
    ("edge is set to sydney", "edge", {"edge": "sydney"}),
    ("switch to the frankfort edge", "edge", {"edge": "frankfurt"}),
    ("ios", "platform", {"platform": "ios"}),
    ("what about android?", "platform", {"platform": "android"}),
    ("it's the web app", "platform", {"platform": "javascript"}),
    ("the user is on an iPhone", "platform", {"platform": "ios"}),
    ("іоѕ", "platform", {"platform": "ios"}),
    ("REACT NATIVE", "platform", {"platform": "react-native"}),
    ("javascirpt", "platform", {"platform": "javascript"}),
    ("they are on a VPN", "answer", {"vpn": "yes"}),
    ("no vpn here", "answer", {"vpn": "no"}),
    ("not behind a vpn", "answer", {"vpn": "no"}),
    ("vpn: no", "answer", {"vpn": "no"}),
    ("we don't pass TURN servers", "answer", {"turn": "no"}),
    ("they use TURN", "answer", {"turn": "yes"}),
    ("SDK version is 6.12.0", "answer", {"sdk-version": "6.12.0"}),
    ("android sdk 2.0.7", "platform", {"platform": "android", "sdk-version": "2.0.7"}),
    ("the user has another phone as well so please test it all with android too", "platform", {"platform": "android"}),
    ("<@U0LINEMAN> try ios", "platform", {"platform": "ios"}),
    ("the customer says it happens again", "unknown", {}),
    ("when they try again the call fails", "unknown", {}),
    ("call with auth token works for most people but in the android app of one customer it does not", "unknown", {}),
    ("if client B hangs up without picking up the phone this error appears", "unknown", {}),
    ("it's not fixed yet", "unknown", {}),
    ("nothing changed", "unknown", {}),
    ("I'll tell you when it is resolved", "unknown", {}),
    ("we opened a ticket with the firewall team", "unknown", {}),
    ("thanks!", "unknown", {}),
    ("yes", "unknown", {}),
    ("", "unknown", {}),
    ("lunch?", "unknown", {}),
    ("I'll ask the customer in Dublin tomorrow", "unknown", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "values"), PHRASES, ids=[text for text, _, _ in PHRASES])
def test_phrase_is_taken_for_what_it_asks(text: str, kind: str, values: dict[str, str]) -> None:
    """Each wish is recognised in the words that people use for it, with all that it names."""
    intent = read_intent(text, THREAD)
    assert (intent.kind, dict(intent.values)) == (kind, values)


@pytest.mark.parametrize(
    ("text", "thread", "values"),
    [
        ("yes", VPN, {"vpn": "yes"}),
        ("Yes, they are", VPN, {"vpn": "yes"}),
        ("nope", VPN, {"vpn": "no"}),
        ("No.", TURN, {"turn": "no"}),
        ("it doesn't", TURN, {"turn": "no"}),
        ("yeah it does", TURN, {"turn": "yes"}),
        ("2.1.0", SDK, {"sdk-version": "2.1.0"}),
        ("it's v6.10.4.", SDK, {"sdk-version": "6.10.4"}),
        ("3", SDK, {"sdk-version": "3"}),
        ("3.0.0-beta1", SDK, {"sdk-version": "3.0.0-beta1"}),
    ],
)
def test_open_question_is_answered_in_a_word(
    text: str, thread: ThreadContext, values: dict[str, str]
) -> None:
    """While a question is open, yes, no or a version is its answer."""
    assert read_intent(text, thread) == Intent("answer", values)


@pytest.mark.parametrize(
    "text", ["don't know", "I dont know", "not sure", "no idea", "maybe", "skip", "Skip it."]
)
@pytest.mark.parametrize("thread", [VPN, SDK], ids=["vpn", "sdk"])
def test_doubt_leaves_the_question_open(text: str, thread: ThreadContext) -> None:
    """Who does not know has not answered no; without an open question it says nothing."""
    assert read_intent(text, thread) == Intent("unsure")
    assert read_intent(text, THREAD).kind == "unknown"


@pytest.mark.parametrize("text", ["ok", "192.0.2.1:443"])
@pytest.mark.parametrize("thread", [VPN, SDK], ids=["vpn", "sdk"])
def test_other_words_are_no_answer(text: str, thread: ThreadContext) -> None:
    """Words that fit no answer of the open question answer nothing."""
    assert read_intent(text, thread).kind == "unknown"


def test_examples_are_understood() -> None:
    """Every example that people are given is one."""
    thread = ThreadContext(WORDS, topics=TOPICS)
    for example in EXAMPLES.replace("”", "").split("“")[1:]:
        assert read_intent(example.strip(" ,"), thread).kind != "unknown", example


def test_every_kind_has_a_phrase() -> None:
    """No rule stands in the table without a phrase that it is there for."""
    assert {rule.kind for rule in RULES} <= {kind for _, kind, _ in PHRASES}
    for rule in RULES:
        assert any(rule.pattern.search(text) for text, kind, _ in PHRASES if kind == rule.kind), rule


pieces = st.sampled_from(
    [*(text for text, _, _ in PHRASES), "what does", "about", "edge", "<", "\x00", "\ud800", "²", "٣"]
)


@pytest.mark.unmeasured
@settings(max_examples=1500, deadline=None)
@given(
    st.text() | st.lists(pieces | st.text(max_size=5), max_size=6).map(" ".join),
    st.sampled_from([THREAD, VPN, TURN, SDK]),
)
def test_any_text_is_some_intent(text: str, thread: ThreadContext) -> None:
    """Whatever is written, it is one of the kinds, and its values are words known here."""
    values = dict(read_intent(text, thread).values)
    values.pop("about", None)
    for name, value in values.items():
        match name:
            case "platform":
                assert value in WORDS.platforms.values()
            case "edge":
                assert value in WORDS.edges
            case "relay":
                names = value.split(",")
                assert set(names) <= set(WORDS.relays)
                assert len(names) == len(set(names))
            case _:
                assert value in (WORDS.options[name].values() or [value])


@pytest.mark.parametrize(
    "piece", ["a ", "what is ", "again", "on ", "stop it ", "please ", "have ", "\n", "<"]
)
def test_huge_text_is_read_in_time(piece: str) -> None:
    """A megabyte in a thread is answered at once: it is no wish."""
    begun = time.process_time()
    read_intent(piece * (1_000_000 // len(piece)), VPN)
    assert time.process_time() - begun < 0.5
