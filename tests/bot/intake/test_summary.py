"""A report in sentences: what the device saw, and what is bad about the way its media took."""

from bot.intake.preflight_report import MetricRange, PreflightReport, SdkError
from bot.intake.summary import remarks, sentences


def test_errors_are_sentences() -> None:
    """Code, inner code and message stand in one sentence, a close code in one of its own."""
    report = PreflightReport("log", faults=(SdkError("31003", "Timeout", "53405", 1006),))
    text = list(sentences(report, {}))
    assert "Error 31003, with 53405 inside: Timeout." in text
    assert any("closed with 1006" in sentence for sentence in text)


def test_limits_come_from_the_network() -> None:
    """The same round trip is above one limit and below another."""
    report = PreflightReport("ios", rtt=MetricRange(250))
    assert any("250 ms" in sentence for sentence in remarks(report, {"rtt_ms": 200}))
    assert not any("250 ms" in sentence for sentence in remarks(report, {"rtt_ms": 300}))
