"""Durations come in ms, whatever they are written in."""

from bot.intake.parsing.durations import read_timing
from bot.intake.parsing.fields import FieldMap


def test_seconds_are_told_by_their_size() -> None:
    """A short part with a fraction is in seconds, and a note says that it was read so."""
    timing, notes = read_timing(FieldMap({"networkTiming": {"signaling": {"start": 0, "duration": 0.25}}}))
    assert timing.signaling == 250
    assert notes
    timing, notes = read_timing(FieldMap({"networkTiming": {"signaling": {"duration": 250}}}))
    assert (timing.signaling, notes) == (250, [])
