"""Headline and gaps of a preflight report."""

from collections.abc import Iterator
from typing import Final

from bot.diagnosis.device_evidence import DEVICE, DeviceEvidence
from bot.intake.clues import Reading
from bot.intake.preflight_report import PreflightReport
from bot.rendering.view import View

COMPLETED: Final = "The test on the user's device passed. It shows no cause"


UNTOLD: Final = "The text alone does not show the cause"


def outcome(reading: Reading, continued: DeviceEvidence) -> str:
    """Return "found", "clear" (the test completed and nothing was found), or "unclear"."""
    if continued.record.diagnosis.found:
        return "found"
    looked_too = continued.record.relay != DEVICE
    if looked_too:
        return continued.record.diagnosis.outcome
    through = reading.reports and all(
        report.state == "completed" and not report.faults for report in reading.reports
    )
    return "clear" if through else "unclear"


def headline(reading: Reading, continued: DeviceEvidence, view: View) -> str:
    """Return the conclusion in one line."""
    if continued.record.diagnosis.found or continued.record.relay != DEVICE:
        return view.headline
    return COMPLETED if outcome(reading, continued) == "clear" else UNTOLD


def missing(report: PreflightReport) -> tuple[str, ...]:
    """List what the report lacks, in sentences; a log may be incomplete, so it lacks nothing."""
    return report.missing if report.form != "log" else ()


def pasted(reading: Reading) -> Iterator[str]:
    """Summarize each tool's pasted output."""
    for look in reading.pasted:
        facts = look.facts
        texts = [f"{name} {facts[name]}" for name in ("dns", "tcp", "tls", "websocket") if name in facts]
        bad = f": {facts['bad']}" if "bad" in facts else ""
        yield f"{facts['tool']} about {look.target.host}: {', '.join(texts) or 'connected'}{bad}."
