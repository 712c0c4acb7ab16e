"""What was measured about the line, from observations of any relay."""

from dataclasses import asdict
from typing import Any

import pytest

from bot.diagnosis.measurements import Measurements, line_text, measurements_of
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

FACTS = {
    "sent": 50,
    "lost": 0,
    "loss_percent": 0.0,
    "loss_low_percent": 0.0,
    "loss_high_percent": 7.1,
    "rtt_ms": 23.4,
    "jitter_ms": 2.2,
    "mos": 4.38,
}


def observed(failure: Failure | None = None, **facts: Any) -> Observation:
    return Observation("quality", "quality", Target("stun", "stun.example", 3478, "udp"), failure, facts)


def test_measurements_come_from_the_first_that_succeeded() -> None:
    """A measurement that failed is passed over; what nobody measured is None."""
    found = measurements_of([observed(Failure.INCONCLUSIVE), observed(**FACTS), observed(rtt_ms=1.0)])
    assert found == Measurements(23.4, 2.2, 0.0, (0.0, 7.1), 4.38)
    assert set(asdict(measurements_of([])).values()) == {None}


@pytest.mark.parametrize("value", ["23", None, True, [1], {}])
def test_facts_of_another_type_are_not_measured(value: object) -> None:
    """A relay that sends something else than numbers does not break the output."""
    facts = dict.fromkeys(FACTS, value)
    assert set(asdict(measurements_of([observed(**facts)])).values()) == {None}
    assert line_text([observed(**facts)]) == ""


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "Round trip 23 ms, jitter 2 ms, no loss in 50 packets, MOS 4.4"),
        (
            {"rtt_ms": 0.3, "jitter_ms": 0.04, "mos": None},
            "Round trip under 1 ms, jitter under 1 ms, no loss in 50 packets",
        ),
        (
            {"sent": 150, "lost": 8, "mos": 3.9},
            "Round trip 23 ms, jitter 2 ms, 8 of 150 packets lost (5.3 %), MOS 3.9",
        ),
        ({"sent": 0}, ""),
    ],
)
def test_the_line_in_words(facts: dict[str, Any], text: str) -> None:
    """Round trip, jitter, and loss with its count; nothing if nothing was measured."""
    assert line_text([observed(**FACTS | facts)]) == text


@pytest.mark.parametrize(
    ("failure", "size", "known", "words"),
    [
        (None, 1500, 1500, ""),
        (None, 1400, 1400, ", packets up to 1400 bytes"),
        (Failure.LARGE_PACKETS_LOST, 1300, 1300, ", packets up to 1300 bytes"),
        (Failure.SKIPPED, None, None, ""),
        (None, "1400", None, ""),
    ],
)
def test_the_longest_packet(failure: Failure | None, size: object, known: int | None, words: str) -> None:
    """The size is known whether or not longer packets are a fault; people read it only below Ethernet's."""
    target = Target("signaling", "sig.example", 443)
    seen = [Observation("mtu", "mtu", target, failure, {"path_mtu": size}), observed(**FACTS)]
    assert measurements_of(seen).path_mtu == known
    assert line_text(seen).partition("MOS 4.4")[2] == words


def test_loss_at_one_server_alone_is_not_known() -> None:
    """Where a second server did not agree, round trip and jitter are known, loss and MOS are not."""
    facts = {"sent": 50, "lost": 30, "rtt_ms": 23.4, "jitter_ms": 2.2, "loss_is": "unconfirmed"}
    look = observed(Failure.INCONCLUSIVE, **facts)
    assert measurements_of([look]) == Measurements(23.4, 2.2)
    assert measurements_of([look, observed(**FACTS)]).loss_percent == 0.0
    text = "Round trip 23 ms, jitter 2 ms, loss not known (30 of 50 packets without a reply from one server)"
    assert line_text([look]) == text


def test_the_media_check_measures_the_round_trip_if_nothing_else_does() -> None:
    """Where STUN is blocked, the datagrams of the media check have a round trip; jitter and loss stay unknown."""
    media = Observation("media", "udp_media", Target("media"), None, {"echo_rtt_ms": 41.5})
    assert measurements_of([observed(Failure.INCONCLUSIVE), media]) == Measurements(rtt_ms=41.5)
    assert measurements_of([media, observed(**FACTS)]).rtt_ms == 23.4
