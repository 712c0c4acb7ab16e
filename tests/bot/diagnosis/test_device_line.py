"""What a device measured of its line finds and clears the causes of the line, each form of paste alike."""

import json
from typing import Any

import pytest

from bot.diagnosis.device_evidence import apply_device_reading, case_of
from bot.diagnosis.run_record import RunRecord
from bot.intake.read import read
from bot.model.request import Request
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.failures import Failure
from tests.bot.diagnosis.test_device_evidence import record_of
from tests.bot.intake.samples import SAMPLES
from tests.bot.voice_insights import SID

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
REQUEST = Request("53405", "javascript")
MEDIA = "168.86.128.9"


def preflight(**stats: float) -> str:
    """A report of the JavaScript SDK with other measurements."""
    report = SAMPLES["javascript"]()
    totals = report["totals"] | {"packetsLost": stats.pop("lost", 0), "packetsReceived": 700}
    spread = {name: {"average": value, "max": value, "min": value} for name, value in stats.items()}
    return json.dumps(report | {"totals": totals, "samples": [], "stats": report["stats"] | spread})


def summary(**inbound: Any) -> str:
    """A final summary of Voice Insights."""
    metrics = {"packets_received": 700, "packets_lost": 0, **inbound}
    return json.dumps(
        {"call_sid": SID, "processing_state": "complete", "sdk_edge": {"metrics": {"inbound": metrics}}}
    )


def samples(lost: int, jitter: float) -> str:
    """The samples of a call whose summary is not there yet."""
    rows = [
        {
            "call_sid": SID,
            "edge": "sdk_edge",
            "sdk_edge": {
                "interval": {"jitter": {"value": jitter}, "rtt": {"value": 40}},
                "cumulative": {"packets_received": 350 * part, "packets_lost": lost * part // 2},
            },
        }
        for part in (1, 2)
    ]
    return json.dumps({"meta": {"key": "metrics"}, "metrics": rows})


def internals(lost: int, jitter: float, *, media: str = MEDIA, calls: int = 1) -> str:
    """A dump of webrtc-internals with calls to *media*."""
    remote = f"type: answer, sdp: a=candidate:1 1 udp 2130706431 {media} 12000 typ host"
    call = {
        "url": "https://app.example.com/",
        "updateLog": [
            {"time": "1", "type": "setRemoteDescription", "value": remote},
            {"time": "2", "type": "iceconnectionstatechange", "value": '"connected"'},
        ],
        "stats": {
            "IT01-jitter": {"statsType": "inbound-rtp", "values": json.dumps([jitter / 1000] * 5)},
            "IT01-packetsLost": {"statsType": "inbound-rtp", "values": json.dumps([0, lost])},
            "IT01-packetsReceived": {"statsType": "inbound-rtp", "values": "[300, 700]"},
            "RI01-packetsLost": {"statsType": "remote-inbound-rtp", "values": "[0, 0]"},
            "RI01-roundTripTime": {"statsType": "remote-inbound-rtp", "values": "[0.04, 0.06]"},
        },
    }
    return json.dumps({"getUserMedia": [], "PeerConnections": {f"1-{n}": call for n in range(calls)}})


def concluded(text: str) -> RunRecord:
    """A case of *text* alone."""
    return case_of(read(text), REQUEST, KNOWLEDGE, NETWORK, on_device=False).record


def found(text: str) -> set[str]:
    return {item.cause for item in concluded(text).diagnosis.found}


@pytest.mark.parametrize(
    "text",
    [preflight(lost=90), summary(packets_lost=90), samples(90, 3), internals(90, 3)],
    ids=["preflight", "summary", "samples", "webrtc-internals"],
)
def test_loss_on_the_device_is_found_with_its_numbers(text: str) -> None:
    """The evidence has the counted packets, whatever form they come in."""
    record = concluded(text)
    assert "packet-loss" in {item.cause for item in record.diagnosis.found}
    (cause,) = (item for item in make_view(record, KNOWLEDGE, NETWORK).found if item.id == "packet-loss")
    assert any("90 of 790 packets" in sentence for sentence in cause.evidence)


@pytest.mark.parametrize(
    "text",
    [preflight(jitter=45.0), summary(jitter={"avg": 45.0}), samples(0, 45.0), internals(0, 45.0)],
    ids=["preflight", "summary", "samples", "webrtc-internals"],
)
def test_jitter_on_the_device_is_found(text: str) -> None:
    """A mean beyond the limit is poor quality."""
    assert "quality-poor" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        preflight(lost=22),  # as many as the limit allows
        preflight(lost=26),  # more, perhaps by chance
        summary(packets_lost=12, packets_received=30),  # too short
        internals(90, 45.0, media="198.51.100.7"),  # a call of another service
        internals(90, 45.0, calls=2),  # it is not known which call
    ],
    ids=["allowed", "chance", "short", "another service", "two calls"],
)
def test_innocent_measurements_find_nothing(text: str) -> None:
    """Chance, a short call, another service's call, or one of several calls blame nothing."""
    assert not found(text) & {"packet-loss", "quality-poor"}


def test_a_good_test_clears_the_line() -> None:
    """Enough packets without loss, and good values, rule both causes out."""
    ruled_out = {item.cause for item in concluded(preflight()).diagnosis.ruled_out}
    assert {"packet-loss", "quality-poor"} <= ruled_out


def test_a_relay_that_measured_otherwise_is_not_overruled() -> None:
    """The relay's line is fine and the device's is not: they may be on different networks, so neither counts."""
    relay = record_of(KNOWLEDGE, NETWORK, REQUEST, {})
    quality = {step: look for step, look in relay.observations.items() if look.probe == "quality"}
    assert quality
    side = apply_device_reading(relay, read(preflight(lost=90)), KNOWLEDGE, NETWORK)
    before = relay.answers["javascript"]["line-loss"].answer
    now = side.record.answers["javascript"]["line-loss"].answer
    assert (before, now) in {("few", None), ("not-measured", "too-many")}


def test_a_relay_that_could_not_measure_leaves_it_to_the_device() -> None:
    """STUN is blocked there, so the device's numbers stand."""
    relay = record_of(KNOWLEDGE, NETWORK, REQUEST, {"quality": Failure.GENERIC_TIMEOUT_ERROR})
    side = apply_device_reading(relay, read(preflight(lost=90)), KNOWLEDGE, NETWORK)
    assert side.record.answers["javascript"]["line-loss"].answer == "too-many"


def test_addresses_of_the_other_side_are_not_stored() -> None:
    """A dump has the addresses of everybody whom the browser called."""
    record = concluded(internals(0, 3))
    assert MEDIA not in repr([look.facts for look in record.observations.values()])
