"""What machines say ranks causes: whose service it is, what outweighs what, and what stays unclaimed."""

from dataclasses import replace

import pytest

from bot.intake.indications import find_indications, with_indications
from bot.intake.target_service import service_at
from bot.model.symptom_match import CauseCandidate, SymptomMatch
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.reasoning.device import PASTED, PLACED
from probes.protocol.model import Observation, Target

KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
NOTHING = SymptomMatch((), {}, (), "none")


def look(host: str, sign: str, port: int = 443, transport: str = "tcp") -> Observation:
    """One failure at *host*."""
    return Observation(
        f"{PASTED} x {host} {sign}", PASTED, Target("", host, port, transport), None, {"sign": sign}
    )


def ranked(*looks: Observation, match: SymptomMatch = NOTHING, platform: str = "") -> SymptomMatch:
    """The match after *looks*."""
    return with_indications(match, find_indications(looks, VOCABULARY, KNOWLEDGE), KNOWLEDGE, platform)


@pytest.mark.parametrize(
    ("host", "port", "transport", "service"),
    [
        ("voice-js.roaming.twilio.com", 443, "tcp", "signaling"),
        ("chunderm1.au1.twilio.com", 10194, "tcp", "signaling"),
        ("eventgw.us1.twilio.com", 443, "tcp", "insights"),
        ("www.example.com", 443, "tcp", None),
        ("ers.example.com", 443, "tcp", None),
        ("168.86.131.20", 18734, "udp", "media"),
        ("203.0.113.4", 18734, "udp", None),
        ("203.0.113.4", 3478, "udp", "turn"),
        ("", 0, "tcp", ""),
    ],
)
def test_whose_service_it_is(host: str, port: int, transport: str, service: str | None) -> None:
    """By name, by address, or not ours at all."""
    assert service_at(look(host, "denied", port, transport), VOCABULARY) == service


def test_another_service_points_to_nothing() -> None:
    """A page's own failed requests say nothing about calls."""
    assert ranked(look("cdn.example.com", "connection_refused")) == NOTHING


def test_the_service_chooses_the_cause() -> None:
    """One and the same failure means something else at each service."""
    hosts = ("voice-js.roaming.twilio.com", "ers.twilio.com", "eventgw.twilio.com", "global.turn.twilio.com")
    first = [ranked(look(host, "connection_refused")).causes[0].cause for host in hosts]
    assert first == ["signaling-blocked", "registration-blocked", "insights-blocked", "turn-blocked"]


def test_a_machine_outweighs_the_platform_that_words_name() -> None:
    """An app with a page in it uses two SDKs; other causes are filtered by the platform all the same."""
    match = ranked(look("", "no_webrtc"), platform="ios")
    causes = [candidate.cause for candidate in match.causes]
    assert causes[0] == "browser-extension"
    on_web = ranked(look("ers.twilio.com", "connection_refused"), platform="javascript")
    assert on_web.causes[0].cause == "registration-blocked"


def test_insights_does_not_explain_a_code() -> None:
    """Calls go on without Insights: beside a code, its failures decide nothing."""
    token = (CauseCandidate("token-expired", "x", 0.9),)
    named = SymptomMatch(("20104",), {}, token, "sure")
    assert ranked(look("eventgw.twilio.com", "dns_nxdomain_error"), match=named) == named


def test_words_come_after_a_machine() -> None:
    """What was seen comes first, and what was said stays in the list."""
    words = SymptomMatch((), {}, (CauseCandidate("vpn-in-the-way", "x", 0.9),), "sure")
    match = ranked(look("voice-js.roaming.twilio.com", "ssl_local_authority"), match=words)
    causes = [candidate.cause for candidate in match.causes]
    assert causes[0] == "tls-intercepted"
    assert "vpn-in-the-way" in causes


def test_sure_only_where_one_sign_decides() -> None:
    """A refused connection may have several reasons; two decisive signs may contradict each other."""
    assert ranked(look("ers.twilio.com", "connection_refused")).verdict == "close"
    denied = look("voice-js.roaming.twilio.com", "dns_nxdomain_error")
    assert ranked(denied).verdict == "sure"
    assert ranked(denied, look("ers.twilio.com", "ssl_local_authority")).verdict == "close"


def test_a_code_of_a_mobile_sdk_points_by_its_weights() -> None:
    """An unknown one points to nothing."""
    assert ranked(replace(look("", "code_31603"), step="a")).causes[0].cause == "call-outcome"
    assert ranked(look("", "code_99999")) == NOTHING


def test_a_good_handshake_clears_the_gateways() -> None:
    """Where one gateway completes TLS, the others are not all blocked, and the network is up. A log stays as it is."""
    good = replace(look("voice-js.dublin.twilio.com", ""), facts={"tls": "accepted", PLACED: False})
    bad = look("voice-js.frankfurt.twilio.com", "generic_timeout_error")
    assert ranked(bad).causes[0].cause == "signaling-blocked"
    assert [item.cause for item in ranked(bad, good).causes] == ["edge-unreachable"]
    of_log = replace(bad, facts={**bad.facts, PLACED: True})
    assert ranked(of_log, good).causes[0].cause == "signaling-blocked"
    old = replace(good, target=replace(good.target, port=10194))
    assert ranked(bad, old).causes[0].cause == "signaling-blocked"
