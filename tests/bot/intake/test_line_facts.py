"""Measurements of a device are judged by the network's limits, and loss only where chance does not explain it."""

from typing import Any

import pytest

from bot.intake.line_facts import line_facts

LIMITS = {"rtt_ms": 200, "jitter_ms": 30, "loss_percent": 3, "mos": 3.5}


@pytest.mark.parametrize(
    ("lost", "packets", "loss_is"),
    [
        (0, 750, "below"),
        (22, 750, "below"),
        (30, 750, "near"),  # 4 %: on a line of 3 %, one test in ten loses so many
        (45, 750, "above"),
        (20, 49, None),
        (2, 50, "near"),
        (6, 50, "above"),
        (50, 50, "above"),
    ],
)
def test_loss_is_above_its_limit_only_beyond_chance(lost: int, packets: int, loss_is: str | None) -> None:
    """Few packets, or a few more than allowed, are no fault."""
    found = line_facts({"lost": lost, "packets": packets}, LIMITS)
    assert found.get("loss_is") == loss_is
    assert ("exceeded_loss_percent" in found) == (loss_is == "above")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"rtt_ms": 201.0}, {"exceeded_rtt_ms": 200}),
        ({"jitter_ms": 31.0, "rtt_ms": 20.0}, {"exceeded_jitter_ms": 30}),
        ({"mos": 3.4}, {"exceeded_mos": 3.5}),
        ({"rtt_ms": 20.0, "jitter_ms": 3.0}, {}),  # MOS is not known
        ({"rtt_ms": 200.0, "jitter_ms": 30.0, "mos": 3.5}, {"line_is": "good"}),
        ({"rtt_ms": 20.0, "jitter_ms": 40.0, "mos": 4.2}, {"exceeded_jitter_ms": 30}),
        ({"loss_percent": 40.0}, {}),  # nobody counted the packets
        ({}, {}),
    ],
)
def test_a_line_is_good_only_if_everything_is_known(facts: dict[str, Any], expected: dict[str, Any]) -> None:
    """One value beyond its limit makes it poor, and a value that is missing leaves it open."""
    assert line_facts(facts, LIMITS) == expected


def test_a_network_without_limits_blames_nothing() -> None:
    """A limit that is missing is no limit."""
    assert line_facts({"rtt_ms": 900.0, "jitter_ms": 90.0, "mos": 1.0, "lost": 50, "packets": 50}, {}) == {}
