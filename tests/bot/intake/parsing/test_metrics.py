"""Round trip, jitter and loss come in ms and percent, and what cannot be is left out."""

from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.metrics import adds_up, read_loss, read_samples, read_spreads


def test_seconds_are_made_ms() -> None:
    """A round trip of 0.09 is 90 ms, and a note says so."""
    report = FieldMap({"stats": {"rtt": {"average": 0.09}, "jitter": {"average": 0.002}}})
    ranges, notes = read_spreads(report, read_samples(report))
    assert (ranges["rtt"].average, ranges["jitter"].average) == (90, 2)
    assert notes


def test_loss_is_counted_in_packets() -> None:
    """Counts come before what is written."""
    report = FieldMap({"totals": {"packetsLost": 5, "packetsReceived": 95, "packetsLostFraction": 50}})
    assert read_loss(report, ()) == 5
    assert adds_up([1, 2, 3])
    assert not adds_up([50, 49, 50])
