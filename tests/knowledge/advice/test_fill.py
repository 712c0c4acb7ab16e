"""The texts of a diagnosis: evidence with facts, fixes with exact hosts and ports, preflight for each SDK."""

import re
from dataclasses import replace

import pytest

from knowledge.advice.fill import advise
from knowledge.advice.template_names import template_problems
from knowledge.model.advice import Advice
from knowledge.model.network import Network
from knowledge.model.problems import Origin
from knowledge.model.templates import fill, names_in, needed_in, written
from probes.protocol.failures import Failure
from tests.knowledge.stories import KNOWLEDGE, SILENT, TWILIO, Change, at, diagnose, shut
from tests.knowledge.test_stories import FAR, LOST, MITM, NO_EDGE, RESET, SINGLE, TURN_SHUT

PLATFORMS = ("javascript", "android", "ios", "react-native")


def advice_on(
    platform: str, *changes: Change, edge: str = "", network: Network = TWILIO, **told: str
) -> Advice:
    diagnosis, seen = diagnose(platform, *changes, edge=edge, **told)
    return advise(KNOWLEDGE, network, diagnosis, seen, edge, lambda one: f"it ended as {one.failure}")


def all_text(advice: Advice) -> str:
    return "\n".join(
        text
        for cause in advice.found
        for text in (*cause.evidence, *(f"{fix.do}\n{fix.code}\n{fix.note}" for fix in cause.fixes))
    )


def test_every_name_in_the_knowledge_is_known() -> None:
    """No text of the shipped knowledge has a placeholder without a value."""
    assert list(template_problems(KNOWLEDGE)) == []


def test_unknown_name_is_an_authors_mistake() -> None:
    """An unknown placeholder is reported with file and line, and facts of checks are allowed in evidence."""
    cause = KNOWLEDGE.causes["no-network"]
    origin = Origin("no-network.yaml", {("evidence", 0): 7})
    wrong = replace(cause, evidence=("At {tcp.hots}.",), customer="See {tcp.host}.", origin=origin)
    knowledge = replace(KNOWLEDGE, causes={"no-network": wrong}, platforms={})
    problems = list(template_problems(knowledge))
    assert problems[0] == "no-network.yaml:7: nothing fills in {tcp.hots}"
    assert "only evidence can use it" in problems[1]


@pytest.mark.parametrize("name", SINGLE)
def test_every_finding_has_evidence_and_fixes_without_gaps(name: str) -> None:
    """Every finding has evidence and a fix, without open placeholders."""
    platform, edge, told, changes = SINGLE[name]
    advice = advice_on(platform, *changes, edge=edge, **told)
    (cause,) = advice.found
    assert cause.evidence
    assert cause.fixes
    assert cause.customer
    text = all_text(advice)
    assert not re.search(r"\{[a-z_.]+\}|\[\[|\]\]|\bunknown\b|YOUR_EDGE", text)


def test_evidence_names_host_address_and_failure() -> None:
    """The evidence names the host, the address, and the failure."""
    (cause,) = advice_on("javascript", shut("signaling"), NO_EDGE).found
    assert cause.evidence[0] == (
        "TCP 443 to voice-js.roaming.twilio.com (198.51.100.1): it ended as generic_timeout_error."
    )


def test_a_failure_is_told_once() -> None:
    """The failure of one check is not repeated in the next sentence."""
    (cause,) = advice_on("ios", MITM).found
    assert len(cause.evidence) == 3  # signaling, registration, Insights
    assert all("CN=Example Proxy" in sentence for sentence in cause.evidence)


def test_firewall_gets_every_edge_for_roaming_and_one_for_a_fixed_edge() -> None:
    """With roaming every edge's host is listed, with a fixed edge its own only."""
    roaming = advice_on("ios", shut("signaling"), NO_EDGE).found[0].fixes[0]
    assert roaming.who == "firewall"
    assert len(roaming.code.splitlines()) == 9
    assert "out  TCP 443  chunderm.gll.twilio.com" in roaming.code
    fixed = advice_on("ios", shut("signaling"), edge="dublin").found[0].fixes[0]
    assert fixed.code == "out  TCP 443  chunderm.ie1.gll.twilio.com"


def test_media_rules_have_range_and_ports() -> None:
    """The rule for media names range, ports and protocol, and what happens to the return traffic."""
    fix = advice_on("android", LOST).found[0].fixes[0]
    assert fix.code == "out  UDP 10000-60000  168.86.128.0/18"
    assert "return traffic" in fix.do


def test_turn_rules_follow_the_edge_and_leave_out_what_is_not_sure() -> None:
    """TURN is listed by the edge's name and region; a transport that is only partly verified is left out."""
    rules = advice_on("ios", TURN_SHUT, edge="dublin").found[0].fixes[0]
    assert "out  UDP 3478  dublin.turn.twilio.com" in rules.code
    assert "#   ie1: 52.215.253.0/26" in rules.code
    assert "us1" not in rules.code
    assert "TLS" not in rules.do


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("javascript", "device.connect({ rtcConfiguration: { iceServers } })"),
        ("android", "IceOptions.Builder().iceServers(servers)"),
        ("ios", "TVOIceServer"),
        ("react-native", "serverUrl: 'turn:global.turn.twilio.com:3478?transport=udp'"),
    ],
)
def test_turn_in_each_sdks_own_form(platform: str, words: str) -> None:
    """The fix for TURN is shown in the form of the SDK in question."""
    advice = advice_on(platform, LOST, turn="no")
    codes = [fix.code for fix in advice.found[0].fixes if fix.platforms == (platform,)]
    assert any(words in code for code in codes)


def test_edge_fix_takes_the_nearest_edge_that_is_allowed() -> None:
    """The edge to fix is the nearest one that the network allows."""
    near = advice_on("android", FAR).found[0]
    assert any('Voice.setEdge("dublin")' in fix.code for fix in near.fixes)
    closed = replace(TWILIO, allowed_edges=("tokyo", "sydney"))
    seen = at("edges", None, roaming_allowed=False, edges={"tokyo": {"ms": 90.0}, "sydney": {"ms": 70.0}})
    there = advice_on("android", seen, network=closed).found[0]
    assert any('Voice.setEdge("sydney")' in fix.code for fix in there.fixes)


def test_missing_facts_cost_their_clause_only() -> None:
    """Without any facts there is still advice: sentences and clauses are left out, and nothing fails."""
    diagnosis, seen = diagnose("javascript", RESET, LOST, FAR)
    bare = {step: replace(one, facts={}) for step, one in seen.items()}
    advice = advise(KNOWLEDGE, TWILIO, diagnosis, bare)
    assert {cause.id for cause in advice.found} == {"signaling-blocked", "media-udp-blocked", "edge-mismatch"}
    assert "YOUR_EDGE" in all_text(advice)
    assert not re.search(r"\{[a-z_.]+\}", all_text(advice))
    assert advise(KNOWLEDGE, TWILIO, diagnosis, {}).found


def test_facts_of_strangers_are_text_and_nothing_else() -> None:
    """A certificate full of braces and brackets, or very long, is shortened and not treated as a template."""
    nasty = at("tls", Failure.SSL_UNKNOWN_AUTHORITY, issuer="{media_ranges} [[x]] " + "y" * 5000)
    odd = at("tcp", SILENT, service="insights", tried="no list", open=0)
    advice = advice_on("ios", nasty, odd)
    evidence = next(cause for cause in advice.found if cause.id == "tls-intercepted").evidence[0]
    assert "{media_ranges} [[x]]" in evidence
    assert len(evidence) < 500


def test_several_platforms_share_what_is_common() -> None:
    """With several platforms general fixes come once, with every platform's hosts; code comes for each."""
    diagnosis, seen = diagnose("javascript", shut("signaling"), NO_EDGE)
    both = tuple(replace(one, platforms=("javascript", "ios")) for one in diagnosis.found)
    wide = replace(diagnosis, found=both, platforms=("javascript", "ios"))
    advice = advise(KNOWLEDGE, TWILIO, wide, seen)
    fixes = advice.found[0].fixes
    assert "chunderm.gll.twilio.com" in fixes[0].code
    assert "voice-js.roaming.twilio.com" in fixes[0].code
    assert {fix.platforms for fix in fixes if "edge" in fix.code and fix.language} == {
        ("javascript",),
        ("ios",),
    }
    assert [guide.platform for guide in advice.preflight] == ["javascript", "ios"]


@pytest.mark.parametrize(
    ("platform", "call", "needs"),
    [
        ("javascript", "Device.runPreflight(token,", "microphone"),
        ("android", "Voice.runPreflight(context, options,", "RECORD_AUDIO"),
        ("ios", "TwilioVoiceSDK.runPreflightTest(accessToken: token, delegate: self)", "6.12.0"),
        ("react-native", "voice.runPreflight(token, {})", "1.7.0"),
    ],
)
def test_preflight_guide_of_each_platform(platform: str, call: str, needs: str) -> None:
    """Each SDK's preflight has its own call, what it needs, a test over TURN and one for an edge."""
    (guide,) = advice_on(platform).preflight
    assert call in guide.samples[0].code
    assert [sample.title for sample in guide.samples] == ["The test", "Over TURN only", "For one edge"]
    assert any(needs in need for need in guide.needs)
    assert any("TwiML" in need for need in guide.needs)
    assert any("isTurnRequired" in line for line in guide.read)
    assert guide.traps


def test_known_traps_are_told() -> None:
    """The guides contain the known traps."""
    told = {id_: " ".join(one.preflight.traps) for id_, one in KNOWLEDGE.platforms.items()}
    assert "rtcConfiguration" in told["javascript"]
    assert "4.0 and 4.1" in told["javascript"]
    assert "signaling only" in told["javascript"]
    assert "serverUrl" in told["react-native"]
    assert "didCompleteWitReport" in KNOWLEDGE.platforms["ios"].snippets["preflight"].note


def test_failures_can_be_said_without_words() -> None:
    """Without a text for a failure, the failure word itself is written."""
    diagnosis, seen = diagnose("ios", shut("registration"))
    assert "generic timeout error" in advise(KNOWLEDGE, TWILIO, diagnosis, seen).found[0].evidence[0]


def test_fill() -> None:
    """Clauses with a missing name are removed, innermost first; elsewhere the name becomes "unknown"."""
    text = "{a} at {b}[[ ({c}[[, {d}]])]]."
    assert names_in(text) == ("a", "b", "c", "d")
    assert needed_in(text) == ("a", "b")
    assert fill(text, {"a": "1", "c": "3"}) == "1 at unknown (3)."
    assert fill(text, {"a": "1", "b": "2", "d": "4"}) == "1 at 2."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (0, ""),
        (0.0, ""),
        (3.14159, "3.1"),
        (31.4159, "31"),
        (None, ""),
        ({"a": 1}, ""),
        (["a", "", "b"], "a, b"),
        ([str(number) for number in range(1, 11)], "1, 2, 3, 4, 5, 6, 7, 8 and 2 more"),
    ],
)
def test_written(value: object, text: str) -> None:
    """A fact is written for a sentence; nothing to show is an empty string."""
    assert written(value) == text
