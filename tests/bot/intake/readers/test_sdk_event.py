"""Events that the SDKs send to Insights, as their logs print them: which failures they show, and which are none."""

import json
from typing import Any

import pytest

from bot.intake.read import read
from bot.intake.readers.sdk_event import read_event
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
SAMPLE = {"jitter": 0, "mos": 1, "rtt": 0, "total_packets_received": 0, "total_packets_sent": 900}


def event(group: str, name: str, payload: Any = None) -> dict[str, Any]:
    """One event of the JavaScript SDK."""
    return {
        "publisher": "twilio-js-sdk",
        "group": group,
        "name": name,
        "timestamp": "2026-02-12T05:16:37.873Z",
        "level": "ERROR",
        "payload": payload or {"sdk_version": "2.11.0", "platform": "WebRTC"},
    }


@pytest.mark.parametrize(
    ("group", "name", "sign", "first"),
    [
        ("get-user-media", "denied", "microphone_denied", "microphone-denied"),
        ("get-user-media", "failed", "microphone_missing", "microphone-unavailable"),
        ("ice-connection-state", "failed", "ice_failed", "media-udp-blocked"),
        ("dtls-transport-state", "failed", "dtls_failed", "dtls-failing"),
        ("network-quality-warning-raised", "high-jitter", "poor_quality", "quality-poor"),
        ("network-quality-warning-raised", "high-packets-lost-fraction", "packet_loss", "packet-loss"),
        ("network-quality-warning-raised", "low-bytes-received", "one_way", "media-udp-one-way"),
    ],
)
def test_an_event_shows_a_failure(group: str, name: str, sign: str, first: str) -> None:
    """Its group and name say what failed, in a log line as well."""
    for text in (
        json.dumps(event(group, name)),
        f"[TwilioVoice][EventPublisher] Publishing {json.dumps(event(group, name))}",
    ):
        reading = read(text, VOCABULARY, KNOWLEDGE)
        assert [look.facts["sign"] for look in reading.pasted] == [sign]
        assert reading.match.causes[0].cause == first


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("get-user-media", "succeeded"),
        ("ice-connection-state", "connected"),
        ("network-quality-warning-cleared", "high-jitter"),
        ("connection", "accepted-by-remote"),
    ],
)
def test_a_state_that_was_reached_is_no_failure(group: str, name: str) -> None:
    """It says nothing about what came later."""
    assert list(read_event(event(group, name))) == []


def test_samples_show_that_nothing_comes_back() -> None:
    """The last sample counts all packets of the call so far, alone or in a list."""
    alone = read("call quality sample: " + json.dumps(SAMPLE), VOCABULARY, KNOWLEDGE)
    assert [look.facts["sign"] for look in alone.pasted] == ["one_way"]
    assert alone.match.causes[0].cause == "media-udp-one-way"
    listed = event("call-quality-stats", "call-metric-event", [{**SAMPLE, "total_packets_sent": 10}, SAMPLE])
    assert [facts["sign"] for _, _, facts in read_event(listed)] == ["one_way"]


@pytest.mark.parametrize(
    "sample",
    [
        {**SAMPLE, "total_packets_received": 880},
        {**SAMPLE, "total_packets_sent": 10},
        {"rtt": 0, "mos": 1},
        [{**SAMPLE}, {**SAMPLE, "total_packets_received": 40}],
    ],
)
def test_samples_of_a_call_with_sound_show_nothing(sample: Any) -> None:
    """Neither do the first packets of a call, nor a sample that does not count them."""
    assert list(read_event({"payload": sample} if isinstance(sample, list) else sample)) == []
