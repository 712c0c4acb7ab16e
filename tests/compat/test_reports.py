"""A preflight report that was pasted before the update is known again when it is pasted after it."""

from bot.intake.observation import observe
from bot.intake.preflight_report import (
    Candidate,
    MetricRange,
    PreflightReport,
    QualityWarning,
    SdkError,
    Timing,
)
from tests.compat.former import Former

REPORT = PreflightReport(
    "javascript",
    ("javascript",),
    sdk="2.11.1",
    state="failed",
    call_sid="CA0",
    edge="dublin",
    local=Candidate("relay", protocol="udp", address="192.0.2.7", port=3478),
    candidates=(Candidate("host"), Candidate("srflx", remote=True)),
    timing=Timing(signaling=280.0, test=20500.0),
    rtt=MetricRange(110.0, 100.0, 120.0),
    cautions=(QualityWarning("high-rtt", 400.0, 512.5), QualityWarning("low-mos", cleared=True)),
    faults=(SdkError("31009", "it's gone", close_code=1006),),
    missing=("no DTLS times",),
)


def test_same_id(former: Former) -> None:
    """The same report is stored as the same step of its run, so that it does not count twice."""
    assert observe(REPORT, "").step == former.ask("former_report.py")
