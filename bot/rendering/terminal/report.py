"""Render a preflight report for a terminal: what it is, what the device observed, the conclusion, and its gaps.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.diagnosis.device_evidence import DEVICE, DeviceComparison, DeviceEvidence
from bot.diagnosis.discrepancies import find_discrepancies
from bot.intake.clues import Reading
from bot.intake.summary import remarks, sentences
from bot.redaction.redact import hint
from bot.rendering.report_summary import headline, missing, outcome, pasted
from bot.rendering.terminal.console import Line
from bot.rendering.terminal.diagnosis import STYLES, cause_lines, items, section
from bot.rendering.view import View

# Further reports are not shown in full.
IN_FULL: Final = 4


def render(
    reading: Reading, continued: DeviceEvidence, view: View, quality: Mapping[str, Any], then: tuple[str, ...]
) -> Iterator[Line]:
    """Render *reading* and its conclusions; *then* are the next steps."""
    diagnosis = continued.record.diagnosis
    yield Line(reading.says, "bold")
    if taken_out := hint(reading.removed):
        yield Line(taken_out, "yellow")
    yield Line()
    yield Line(headline(reading, continued, view), STYLES[outcome(reading, continued)])
    for number, report in enumerate(reading.reports[:IN_FULL], 1):
        named = f" ({number} of {len(reading.reports)})" if len(reading.reports) > 1 else ""
        yield from section(f"What the device measured{named}", items(sentences(report, quality)))
        yield from section("Worth knowing", items(remarks(report, quality)))
        yield from section("Missing", items(missing(report)))
        yield from section("Less certain", items(report.notes))
    yield from section("Pasted output", items(pasted(reading.pasted)))
    yield from section("What this shows", items(side_text(side, continued) for side in continued.comparisons))
    yield from section(
        "Compared with the relay",
        items(find_discrepancies(reading, continued.record.observations, continued.record.relay)),
    )
    for found in view.found:
        yield Line()
        word = "Found" if found.confidence == "certain" else "Probably"
        yield Line(f"{word}: {found.title}", "bold")
        yield from cause_lines(found, several=False)
    ruled = [judged.title for judged in diagnosis.ruled_out]
    yield from section("Ruled out", items(ruled))
    yield from section(
        "Possible",
        items(f"{judged.title}: {judged.because.partition('; ')[0]}" for judged in diagnosis.possible),
    )
    yield from section("Next", items(then))


def side_text(side: DeviceComparison, continued: DeviceEvidence) -> str:
    """Say what the device, and the relay if there is one, show about a question."""
    if continued.record.relay == DEVICE or not side.relay:
        return f"{side.asks} {side.device}"
    relay = continued.record.relay
    differ = (
        " They disagree. They may be on different networks, so neither result is used." if side.differ else ""
    )
    return f"{side.asks} The user's device: {side.device}; {relay}: {side.relay}.{differ}"
