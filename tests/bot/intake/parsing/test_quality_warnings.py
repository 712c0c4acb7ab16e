"""Quality warnings have the JavaScript SDK's names, whichever SDK wrote them."""

from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.quality_warnings import read_cautions


def test_names_are_one_and_clearing_is_kept() -> None:
    """Android's name means the same warning, and one that was cleared says so."""
    report = {"warnings": ["WARN_HIGH_PACKET_LOSS", {"name": "low-mos"}], "warningsCleared": ["low-mos"]}
    found = [(caution.name, caution.cleared) for caution in read_cautions(FieldMap(report))]
    assert found == [("high-packet-loss", False), ("low-mos", True)]
