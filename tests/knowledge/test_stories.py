"""The shipped knowledge on whole runs: one fault, two faults, none, and checks without a result."""

import itertools

import pytest

from knowledge.model.schema import ProbeSpec
from knowledge.reasoning.answers import answer
from knowledge.reasoning.selection import select_causes
from knowledge.reasoning.tree import settled
from probes.protocol.failures import Failure
from tests.knowledge.stories import KNOWLEDGE, SILENT, TWILIO, Change, at, diagnose, found, observe, shut

NO_EDGE = at("edges", SILENT, open=[], open_count=0, shut_count=2, others_open=[], roaming_open=False)
FAR = at("edges", None, extra_ms=90.0, extra_ratio=5.0, nearest_edge="dublin", nearest_ms=22.0)
DNS_DEAD = (at("dns", Failure.DNS_TIMEOUT_ERROR), at("edges", Failure.DNS_TIMEOUT_ERROR, open_count=0))
LOST = at("udp_media", Failure.UDP_OUTBOUND_LOST, outbound_ok=0, outbound_lost=8, boundary="10000-60000")
ONE_WAY = at("udp_media", Failure.UDP_INBOUND_LOST, inbound_ok=0, inbound_lost=8)
TURN_SHUT = at("turn", SILENT, reached=False)
RESET = at("tls", Failure.CONNECTION_RESET, service="signaling", stage="hello")
MITM = at("tls", Failure.SSL_UNKNOWN_AUTHORITY, issuer="CN=Example Proxy")
STRIPPED = at("websocket", Failure.WEBSOCKET_UPGRADE_STRIPPED, status=200)
OLD_CERTIFICATE = at("tls", Failure.SSL_EXPIRED_CERTIFICATE, skew_s=900000)
LATE = at("http", None, date_offset_s=-900000.0)

# platform, edge, what is told, what is changed, what must be found: first and alone.
SINGLE = {
    "signaling-blocked": ("javascript", "", {}, (shut("signaling"), NO_EDGE)),
    "signaling-blocked by a cut handshake": ("ios", "", {}, (RESET,)),
    "registration-blocked": ("ios", "", {}, (shut("registration"),)),
    "insights-blocked": ("javascript", "", {}, (shut("insights", failure=Failure.CONNECTION_REFUSED),)),
    "media-udp-blocked": ("android", "", {}, (LOST,)),
    "edge-mismatch": ("javascript", "", {}, (FAR,)),
    "edge-mismatch by a shut edge": ("ios", "", {}, (shut("signaling"),)),
    "edge-mismatch by policy": ("ios", "", {}, (at("edges", None, roaming_allowed=False),)),
    "turn-required": ("javascript", "", {"turn": "no"}, (LOST,)),
    "turn-required one way": ("javascript", "", {"turn": "no"}, (ONE_WAY,)),
    "legacy-signaling-port": ("android", "", {"sdk_version": "2.1.0"}, (shut("legacy-signaling"),)),
    "dns-failing": ("javascript", "", {}, DNS_DEAD),
    "dns-failing by one address for all": (
        "javascript",
        "",
        {},
        (at("dns", None, service="signaling", same_answers=3), shut("signaling"), NO_EDGE),
    ),
    "dns-failing with a page that answers": (
        "ios",
        "",
        {},
        (at("dns", None, service="signaling", same_answers=3), at("tls", Failure.SSL_NOT_TLS)),
    ),
    "tls-intercepted": ("javascript", "", {}, (MITM,)),
    "tls-intercepted by a login page": ("ios", "", {}, (at("tls", Failure.SSL_NOT_TLS),)),
    "websocket-blocked": ("javascript", "", {}, (STRIPPED,)),
    "edge-unreachable": ("javascript", "dublin", {}, (shut("signaling"),)),
    "turn-blocked": ("ios", "", {}, (TURN_SHUT,)),
    "media-udp-one-way": ("react-native", "", {}, (ONE_WAY,)),
    "clock-skew": ("ios", "", {}, (OLD_CERTIFICATE, LATE)),
    "certificate-out-of-date": ("ios", "", {}, (OLD_CERTIFICATE,)),
    "no-network": ("ios", "", {}, (*DNS_DEAD, at("route", None, beyond_gateway=False))),
}

# Names resolve on the LAN, and there is no route beyond it.
CUT_OFF = tuple(
    at(probe, Failure.NETWORK_UNREACHABLE, open=0, open_count=0, beyond_gateway=False, reached=False)
    for probe in ("route", "tcp", "stun", "turn", "edges")
)
SINGLE["no-network with a resolver of its own"] = (
    "ios",
    "",
    {},
    (*CUT_OFF, at("udp_media", Failure.INCONCLUSIVE)),
)

SIGNALING = {
    "signaling-blocked": RESET,
    "tls-intercepted": MITM,
    "websocket-blocked": STRIPPED,
    "insights-blocked": shut("insights"),
}
MEDIA = {"media-udp-blocked": LOST, "media-udp-one-way": ONE_WAY, "turn-blocked": TURN_SHUT}
ROUTING = {"edge-mismatch": FAR}
PAIRS = [
    (one, other)
    for left, right in itertools.combinations((SIGNALING, MEDIA, ROUTING), 2)
    for one, other in itertools.product(left.items(), right.items())
]


@pytest.mark.parametrize("name", SINGLE)
def test_one_fault_is_found_alone(name: str) -> None:
    """One fault is found, nothing else is, and no failed check is left unexplained."""
    platform, edge, told, changes = SINGLE[name]
    diagnosis, _ = diagnose(platform, *changes, edge=edge, **told)
    assert found(diagnosis) == {name.split()[0]}
    assert diagnosis.unexplained == ()


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda pair: str(pair[0]))
def test_two_faults_are_both_found(one: tuple[str, Change], other: tuple[str, Change]) -> None:
    """Two faults in two branches are both found, and nothing else is."""
    diagnosis, _ = diagnose("javascript", one[1], other[1])
    assert found(diagnosis) == {one[0], other[0]}


@pytest.mark.parametrize("platform", ["javascript", "android", "ios", "react-native"])
def test_healthy_network_leaves_what_a_person_must_tell(platform: str) -> None:
    """On a healthy network nothing is found or possible, and only what people know is left to ask about."""
    diagnosis, _ = diagnose(platform)
    assert diagnosis.outcome == "clear"
    assert "edge-mismatch" in [one.cause for one in diagnosis.not_checked]
    assert all(one.person_only for one in diagnosis.not_checked)
    assert not diagnosis.possible


@pytest.mark.parametrize("told", [{}, {"vpn": "no"}])
def test_a_fixed_edge_does_not_roam(told: dict[str, str]) -> None:
    """With a fixed edge, wherever roaming would lead is no finding, and nothing but the VPN is left open."""
    diagnosis, _ = diagnose("javascript", FAR, edge="dublin", **told)
    assert diagnosis.outcome == "clear"


TOKYO_SHUT = at(
    "edges", None, open=["dublin"], shut=["tokyo"], barred=["tokyo"], open_count=1, barred_count=1
)
OUT_OF_BUDGET = at(
    "edges", SILENT, open=["dublin"], shut=["tokyo"], open_count=1, barred_count=1
)  # relays before 0.2
NO_OTHER_NAME = at("edges", Failure.DNS_NXDOMAIN_ERROR, open=[], open_count=0, barred_count=0)


@pytest.mark.parametrize(
    "others", [TOKYO_SHUT, OUT_OF_BUDGET, NO_OTHER_NAME], ids=["shut", "out of budget", "no name"]
)
@pytest.mark.parametrize("code", ["31009", "31005", "53000"])
def test_an_edge_that_nobody_asked_for_decides_nothing(code: str, others: Change) -> None:
    """With an edge chosen that works, others that are shut or unknown leave the outcome clear."""
    diagnosis, _ = diagnose("javascript", others, edge="dublin", code=code, vpn="no")
    assert diagnosis.outcome == "clear"


@pytest.mark.parametrize("told", [{}, {"vpn": "no"}])
def test_an_edge_that_nobody_asked_for_delays_nothing(told: dict[str, str]) -> None:
    """With an edge chosen that works, nothing waits for the other edges; with roaming, the run does."""
    for edge, waits in (("dublin", False), ("", True)):
        case = select_causes(KNOWLEDGE, TWILIO, "31009", "javascript", edge)
        observations = observe(case)
        pending = {step for step, look in observations.items() if look.probe == "edges"}
        so_far = {step: look for step, look in observations.items() if step not in pending}
        assert settled(case, answer(case, so_far, told), pending) is not waits


@pytest.mark.parametrize(
    "odd",
    [
        at("nat", None, mapping="address_and_port_dependent", reflexive=["203.0.113.9", "203.0.113.10"]),
        at("nat", Failure.NOT_SUPPORTED),
        at("tcp", None, service="signaling", open=3, shut=1),
        at("edges", None, extra_ms=29.0, extra_ratio=4.0),
        at("edges", None, extra_ms=60.0, extra_ratio=1.4),
        at("http", None, date_offset_s=240.0),
    ],
    ids=["random NAT or pool", "NAT not told", "one address of four", "near", "all far", "four minutes"],
)
def test_oddities_are_no_faults(odd: Change) -> None:
    """Harmless oddities of a network give no finding."""
    diagnosis, _ = diagnose("ios", odd)
    assert diagnosis.outcome == "clear"


def test_behind_a_closed_firewall_names_say_that_the_network_is_up() -> None:
    """Where a resolver answers and nothing else does, the firewall is to blame, not the uplink."""
    changes = (
        shut(),
        NO_EDGE,
        TURN_SHUT,
        at("stun", SILENT),
        at("nat", SILENT),
        at("route", None, beyond_gateway=False),
    )
    diagnosis, _ = diagnose("javascript", *changes, at("udp_media", Failure.INCONCLUSIVE))
    assert found(diagnosis) == {"signaling-blocked"}


def test_without_credentials_media_stay_unknown() -> None:
    """Media that could not be checked are neither fine nor blocked."""
    diagnosis, _ = diagnose("javascript", at("udp_media", Failure.NO_CREDENTIALS))
    assert diagnosis.outcome == "unclear"
    open_ = {one.cause for one in diagnosis.not_checked}
    assert {"media-udp-blocked", "media-udp-one-way", "turn-required"} <= open_


def test_one_rule_for_443_is_one_finding() -> None:
    """If all of TCP 443 is blocked, everything that depends on it is listed as its effect."""
    changes = (shut(port=443), NO_EDGE, at("turn", SILENT, port=443, reached=False))
    diagnosis, _ = diagnose("ios", *changes)
    assert found(diagnosis) == {"signaling-blocked"}
    assert set(diagnosis.found[0].effects) == {
        "registration-blocked",
        "insights-blocked",
        "turn-partly-blocked",
    }


def test_react_native_versions_are_not_native_ones() -> None:
    """Version 1.7.0 of the React Native SDK runs on new native ones: it needs no legacy port."""
    diagnosis, _ = diagnose("react-native", shut("legacy-signaling"), sdk_version="1.7.0")
    assert diagnosis.outcome == "clear"


def test_a_clock_is_not_blamed_on_interception() -> None:
    """Interception with the right time, and a wrong clock without interception, are kept apart."""
    assert found(diagnose("ios", MITM)[0]) == {"tls-intercepted"}
    # Here the Date header vouches for the clock.
    assert found(diagnose("ios", OLD_CERTIFICATE)[0]) == {"certificate-out-of-date"}
    assert found(diagnose("ios", OLD_CERTIFICATE, LATE)[0]) == {"clock-skew"}
    assert found(diagnose("ios", MITM, LATE)[0]) == {"clock-skew", "tls-intercepted"}


def no_network_at_all(wanted: ProbeSpec) -> tuple[Failure | None, dict[str, object]]:
    """What each check reports on a host that has only its loopback interface, as tried in a namespace."""
    facts: dict[str, object] = {"beyond_gateway": False, "open": 0, "open_count": 0, "reached": False}
    return Failure.NETWORK_UNREACHABLE if wanted.probe == "route" else Failure.DNS_UNREACHABLE_ERROR, facts


CODES_WITH_CHECKS = [
    (code, platform)
    for code, error in KNOWLEDGE.errors.items()
    for platform in sorted(error.platforms or KNOWLEDGE.platforms)
    if any(select_causes(KNOWLEDGE, TWILIO, code, platform).probes.values())
]


def test_codes_with_checks_are_many() -> None:
    """The list that the next test goes through has the codes of signaling, of media, and of liveness."""
    assert {"31009", "31003", "53405", "51005", "31530"} <= {code for code, _ in CODES_WITH_CHECKS}


@pytest.mark.parametrize(("code", "platform"), CODES_WITH_CHECKS)
def test_no_network_is_found_for_every_code(code: str, platform: str) -> None:
    """Without a network the cause is found and certain, whatever the code; nothing of the service is blamed."""
    diagnosis, _ = diagnose(platform, no_network_at_all, code=code)
    certain = {finding.cause for finding in diagnosis.found if finding.confidence == "certain"}
    assert "no-network" in certain
    by_code = {finding.cause for finding in diagnosis.found if not finding.steps}
    assert found(diagnosis) == {"no-network"} | by_code
