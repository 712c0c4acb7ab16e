"""Large files of browsers, Voice Insights, rtc-diagnostics, and the trickle-ice table."""

# ruff: noqa: E501 - tables and JSON: one line is one entry

import json
import time
import tracemalloc
from typing import Any

import pytest

from bot.intake.clues import LARGEST_CAPTURE
from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
SECRET = "Bearer hunter2hunter2"
SID = "CA" + "0" * 31 + "7"


def entry(url: str, **response: Any) -> dict[str, Any]:
    """One request of a HAR, with a header that nobody may see."""
    headers = [{"name": "Authorization", "value": SECRET}]
    return {
        "request": {"method": "GET", "url": url, "headers": headers},
        "response": {"status": 0, **response},
    }


def har(*entries: dict[str, Any]) -> str:
    """A HAR with these requests between others of the page."""
    page = [entry(f"https://cdn{number}.example.com/x.js", status=200) for number in range(5)]
    return json.dumps(
        {"log": {"version": "1.2", "creator": {"name": "WebInspector"}, "entries": [*page, *entries, *page]}}
    )


SIGNALING = "wss://voice-js.roaming.twilio.com/signal"


@pytest.mark.parametrize(
    ("response", "first"),
    [
        ({"_error": "net::ERR_CERT_AUTHORITY_INVALID"}, "tls-intercepted"),
        ({"_error": "net::ERR_NAME_NOT_RESOLVED"}, "dns-failing"),
        ({"_error": "net::ERR_INTERNET_DISCONNECTED"}, "no-network"),
        ({"status": 407}, "proxy-required"),
        ({"status": 403}, "websocket-blocked"),
        ({"status": 101}, "none"),
    ],
)
def test_a_har(response: dict[str, Any], first: str) -> None:
    """Our request decides; the other hosts and every header are left out."""
    reading = read(har(entry(SIGNALING, **response)), VOCABULARY, KNOWLEDGE)
    assert {look.target.host for look in reading.pasted} == {"voice-js.roaming.twilio.com"}
    found = {candidate.cause for candidate in reading.match.causes[:2]} or {"none"}
    assert first in found
    assert "hunter2" not in repr(reading)
    assert "cdn1.example.com" not in repr(reading)


def test_a_har_of_50_mb() -> None:
    """It is read in seconds, in little memory, and cut in the middle, too."""
    body = {"content": {"text": "x" * 1_000_000}}
    text = har(
        *[entry("https://cdn.example.com/big.js", status=200, **body)] * 48,
        entry(SIGNALING, _error="net::ERR_NAME_NOT_RESOLVED"),
    )
    source = text.encode()
    assert 48_000_000 < len(source) < LARGEST_CAPTURE
    tracemalloc.start()
    began = time.process_time()
    reading = read(source, VOCABULARY, KNOWLEDGE)
    took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 10
    assert peak < 100_000_000
    assert reading.match.causes[0].cause == "dns-failing"
    assert read(source[: len(source) // 2], VOCABULARY, KNOWLEDGE).kind in ("refused", "foreign", "nothing")
    assert read(b" " * (LARGEST_CAPTURE + 1)).kind == "refused"


def internals(state: str, *log: tuple[str, str]) -> str:
    """A dump of webrtc-internals that ends in *state*."""
    events = [{"time": "1", "type": kind, "value": value} for kind, value in log]
    events.append({"time": "2", "type": "iceconnectionstatechange", "value": f'"{state}"'})
    stats = {"IT01-roundTripTime": {"statsType": "remote-inbound-rtp", "values": "[0.05,0.072]"}}
    return json.dumps(
        {
            "getUserMedia": [],
            "PeerConnections": {
                "1-1": {"url": "https://app.example.com/", "updateLog": events, "stats": stats}
            },
        }
    )


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (internals("failed", ("icecandidate", "candidate:1 1 udp 2 192.0.2.3 5000 typ host")), "media-udp-blocked"),
        (internals("connected"), "none"),
        (internals("completed", ("icecandidate", "candidate:1 1 udp 2 192.0.2.3 5000 typ relay")), "none"),
        (internals("checking", ("icecandidateerror", "url: turn:global.turn.twilio.com:3478?transport=udp\nerror_code: 701")), "turn-blocked"),
        (internals("checking", ("icecandidateerror", "url: turn:global.turn.twilio.com:3478\nerror_code: 401")), "turn-credentials-stale"),
    ],
)  # fmt: skip
def test_a_dump_of_webrtc_internals(text: str, first: str) -> None:
    """States, candidates, and measurements are read. Only a browser writes such a file."""
    reading = read(text, VOCABULARY, KNOWLEDGE)
    assert reading.clues == {"platform": "javascript"}
    assert (reading.match.causes[0].cause if reading.match.causes else "none") == first
    assert {"rtt_ms": 61.0}.items() <= next(
        look.facts for look in reading.pasted if "rtt_ms" in look.facts
    ).items()


def insights(*errors: int, gateway: str = "Media connection failed.") -> str:
    """The events of one call, as Voice Insights lists them."""
    sdk = {
        "type": "twilio-js-sdk",
        "version": "2.18.5",
        "selected_region": "roaming",
        "edge_location": "ashburn",
    }
    events = [
        {"call_sid": SID, "group": "connection", "name": "outgoing", "sdk_edge": {"metadata": {"sdk": sdk}}}
    ]
    for code in errors:
        message = f"ConnectionError ({code}): {gateway}"
        events.append(
            {
                "call_sid": SID,
                "group": "connection",
                "name": "error",
                "sdk_edge": {"error": {"code": code, "message": message}},
            }
        )
    return json.dumps({"meta": {"key": "events"}, "events": events})


def test_events_of_voice_insights() -> None:
    """SDK, edge, Call SID, and error of the call."""
    reading = read(insights(53405), VOCABULARY, KNOWLEDGE)
    (report,) = reading.reports
    assert (report.sdk, report.edge, report.edge_asked, report.platforms) == (
        "2.18.5",
        "ashburn",
        "roaming",
        ("javascript",),
    )
    assert [fault.code for fault in report.faults] == ["53405"]
    assert reading.call_sids == (SID,)


def test_a_hangup_in_voice_insights() -> None:
    """The gateway passed on how the call ended."""
    assert read(insights(31005, gateway="Error sent from gateway in HANGUP")).reports[0].hangup


def test_healthy_voice_insights() -> None:
    """Nothing is an error there, and that is said."""
    reading = read(insights(), VOCABULARY, KNOWLEDGE)
    assert not reading.faults
    assert "without an error" in reading.says


def test_a_summary_of_voice_insights() -> None:
    """The codes are the names of a map there."""
    summary = {"call_sid": SID, "processing_state": "complete", "sdk_edge": {"events": {"errors": {"53405": 2}}},
               "client_edge": {"metrics": {"inbound": {"codec_name": "opus"}}}}  # fmt: skip
    (report,) = read(json.dumps(summary)).reports
    assert ([fault.code for fault in report.faults], report.codec) == (["53405"], "opus")


@pytest.mark.parametrize(
    ("call", "first"),
    [
        ({"call_state": "busy"}, "call-outcome"),
        ({"call_state": "fail", "properties": {"last_sip_response_num": 404}}, "number-wrong"),
        ({"call_state": "fail", "properties": {"last_sip_response_num": 503}}, "service-failing"),
        ({"call_state": "completed", "tags": ["ice_failure"]}, "media-udp-blocked"),
        ({"call_state": "canceled", "tags": ["ice_failure"]}, "media-udp-blocked"),
        ({"call_state": "completed", "tags": ["high_jitter", "high_packet_loss"]}, "packet-loss"),
        ({"call_state": "completed", "properties": {"last_sip_response_num": 200}}, "none"),
    ],
)
def test_how_a_call_ended_in_voice_insights(call: dict[str, Any], first: str) -> None:
    """Without an error, the end of the call and its tags rank causes, and prove nothing."""
    summary = {"call_sid": SID, "call_type": "client", "processing_state": "complete", **call}
    match = read(json.dumps(summary), VOCABULARY, KNOWLEDGE).match
    assert (match.verdict, next((item.cause for item in match.causes), "none")) == (
        "none" if first == "none" else "close",
        first,
    )


def test_a_state_of_voice_insights_does_not_explain_an_error() -> None:
    """A call that the app canceled after an error is no outcome of the other side."""
    summary = {"call_sid": SID, "processing_state": "complete", "call_state": "canceled",
               "sdk_edge": {"error": {"code": 53405, "message": "Media connection failed"}}}  # fmt: skip
    match = read(json.dumps(summary), VOCABULARY, KNOWLEDGE).match
    assert match.causes[0].cause != "call-outcome"


def test_each_edge_of_rtc_diagnostics() -> None:
    """An edge that failed is a report, too."""
    good = {
        "edge": "ashburn",
        "results": {
            "preflight": {"edge": "ashburn", "networkTiming": {}, "isTurnRequired": False, "callSid": SID}
        },
        "errors": {},
    }
    bad = {
        "edge": "tokyo",
        "results": {},
        "errors": {"preflight": {"code": 53405, "message": "Media connection failed"}},
    }
    none = {"edge": "sydney", "results": {}, "errors": {}}
    reading = read(json.dumps({"TestSetup": {}, "TestResults": [good, bad, none]}))
    assert [(report.edge or report.edge_asked, report.state) for report in reading.reports] == [
        ("ashburn", ""),
        ("tokyo", "failed"),
    ]


TABLE = """Time\tType\tFoundation\tProtocol\tAddress\tPort\tPriority\tURL\trelayProtocol
0.003\thost\t1\tudp\t192.0.2.3\t50122\t126 | 32542 | 255
0.064\tsrflx\t2\tudp\t203.0.113.4\t50122\t100 | 32542 | 255\tstun:global.stun.twilio.com:3478
"""


@pytest.mark.parametrize(
    ("rest", "first"),
    [
        ("0.131\tDone\n", "none"),
        ("0.200\trelay\t3\tudp\t203.0.113.9\t50122\t2 | 32542 | 255\tturn:x\tudp\n0.210\tDone\n", "none"),
        ("The server turn:global.turn.twilio.com:3478?transport=udp returned an error with code=701:\nTURN allocate request timed out.\n", "turn-blocked"),
        ("The server turn:global.turn.twilio.com:3478 returned an error with code=401:\nUnauthorized\n", "turn-credentials-stale"),
        ("The server stun:global.stun.twilio.com:3478 returned an error with code=701:\nSTUN binding request timed out.\n", "none"),
    ],
)  # fmt: skip
def test_a_table_of_trickle_ice(rest: str, first: str) -> None:
    """Without an error of a TURN server, a missing relay candidate proves nothing."""
    reading = read(TABLE + rest, VOCABULARY, KNOWLEDGE)
    assert (
        next(look.facts["candidates"] for look in reading.pasted if "candidates" in look.facts)[0] == "host"
    )
    assert (reading.match.causes[0].cause if reading.match.verdict != "none" else "none") == first


def test_call_sids() -> None:
    """In any text, each once, and nothing longer."""
    text = f"call {SID} failed, also {SID}, and CA{'f' * 40}"
    assert read(text, VOCABULARY).call_sids == (SID,)
