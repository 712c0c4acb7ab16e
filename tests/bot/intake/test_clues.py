"""What a reading is about: code, platform, edge; a log counts where there is nothing better."""

from bot.intake.clues import DOOR, Reading, code_of, edge_of, platform_of
from bot.intake.preflight_report import PreflightReport, SdkError

IOS = PreflightReport("ios", ("ios",), edge_asked="dublin", faults=(SdkError("53000", inner="31005"),))
LOG = PreflightReport("log", ("android",))


def test_the_outer_known_code_is_the_one() -> None:
    """Unknown codes are passed over; without a known one it is 31009."""
    reading = Reading("report", "", (IOS,))
    assert code_of(reading, ("53000", "31005")) == "53000"
    assert code_of(reading, ("31005",)) == "31005"
    assert code_of(reading, ()) == DOOR


def test_the_report_counts_before_the_log() -> None:
    """The device's own report says the platform; a log alone says it too; two reports that differ say nothing."""
    assert platform_of(Reading("report", "", (IOS, LOG))) == "ios"
    assert platform_of(Reading("log", "", (LOG,))) == "android"
    assert platform_of(Reading("report", "", (IOS, PreflightReport("android", ("android",))))) is None
    assert edge_of(Reading("report", "", (IOS, LOG))) == "dublin"
