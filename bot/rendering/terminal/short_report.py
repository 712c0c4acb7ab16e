"""Render what was read of a report, a log, or a tool's output: the verdict first, then what the device measured.

`report.py` has the rest. Pure: no network, no clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.diagnosis.device_evidence import DeviceEvidence
from bot.diagnosis.discrepancies import find_discrepancies
from bot.intake.clues import Reading
from bot.intake.summary import remarks, sentences
from bot.redaction.redact import hint
from bot.rendering.report_summary import headline, outcome, pasted
from bot.rendering.terminal.answer_blocks import AnswerRoom, block, evidence_of, numbered, steps_of
from bot.rendering.terminal.console import Line
from bot.rendering.terminal.diagnosis import STYLES
from bot.rendering.terminal.report import IN_FULL, side_text
from bot.rendering.verdict_text import brief
from bot.rendering.view import View

_ROOM: Final = AnswerRoom(roles=2, sentences=1, gaps=2)
_CAUSES: Final = 4  # causes with their own step and evidence


def render_short(
    reading: Reading,
    continued: DeviceEvidence,
    view: View,
    quality: Mapping[str, Any],
    then: Sequence[str],
    more: str,
) -> Iterator[Line]:
    """Render *reading* and its conclusions; *then* are the next steps, and *more* is what to type for more, or ""."""
    diagnosis, found = continued.record.diagnosis, view.found[:_CAUSES]
    verdict = brief(headline(reading, continued, view))
    yield Line(f"{verdict.rstrip('.')}.", STYLES[outcome(reading, continued)])
    if removed := hint(reading.removed):
        yield Line(removed, "yellow")
    yield from block("Read", [reading.says])
    yield from block("Customer", [view.customer_text] if found else ())
    yield from block("Do this", steps_of(found, _ROOM))
    yield from block("Evidence", numbered(evidence_of(found, _ROOM)))
    yield from block("Measured", _measured(reading, quality))
    if len(reading.pasted) > 1 or not found:  # the evidence has a single one
        yield from block("Pasted", pasted(reading.pasted))
    yield from block("Compared", _compared(reading, continued))
    yield from block("Next", then)
    yield Line()
    judged = (
        (len(diagnosis.ruled_out), "ruled out"),
        (len(diagnosis.possible), "possible"),
        (len(diagnosis.not_checked), "not checked"),
    )
    counts = ", ".join(f"{count} {text}" for count, text in judged if count)
    last = (f"Causes: {counts}." if counts else "", f"More: {more}" if more else "")
    yield Line(" ".join(filter(None, last)), "dim")


def _measured(reading: Reading, quality: Mapping[str, Any]) -> Iterator[str]:
    """Say what each report measured, what in it is poor, and what is less certain."""
    several = len(reading.reports) > 1
    for number, report in enumerate(reading.reports[:IN_FULL], 1):
        for text in (*sentences(report, quality), *remarks(report, quality), *report.notes):
            yield f"{number}. {text}" if several else text


def _compared(reading: Reading, continued: DeviceEvidence) -> Iterator[str]:
    """Say where the device and the relay differ."""
    record = continued.record
    yield from (side_text(side, continued) for side in continued.differ)
    yield from find_discrepancies(reading, record.observations, record.relay)
