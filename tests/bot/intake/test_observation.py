"""What a report shows about signaling and media, and what it does not."""

from dataclasses import replace

from bot.intake.observation import media_of, observe, path_of, signaling_of
from bot.intake.preflight_report import Candidate, PreflightReport, SdkError


def test_a_failed_media_connection_shows_that_signaling_worked() -> None:
    """Media are set up over signaling; a log of unknown origin shows no such thing."""
    faults = (SdkError("53405"),)
    report = PreflightReport("ios", faults=faults)
    assert (signaling_of(report), media_of(report)) == ("connected", "failed")
    assert signaling_of(PreflightReport("log", faults=faults)) == ""


def test_a_hangup_comes_over_signaling() -> None:
    """31005 without HANGUP is a broken signaling connection; HANGUP is what the gateway sent over it."""
    report = PreflightReport("log", faults=(SdkError("31005"),))
    assert signaling_of(report) == "failed"
    assert signaling_of(replace(report, hangup=True)) == "connected"


def test_the_selected_candidate_shows_the_path() -> None:
    """A relayed one means TURN, any other the direct path; without one nothing is claimed."""
    assert path_of(PreflightReport("ios", local=Candidate("relay"))) == "relay"
    assert path_of(PreflightReport("ios", local=Candidate("host"))) == "direct"
    assert path_of(PreflightReport("ios")) == ""
    assert observe(PreflightReport("ios", edge_asked="dublin"), "dublin").facts["as_asked"] is True
    assert observe(PreflightReport("ios", edge_asked="dublin"), "tokyo").facts["as_asked"] is False
