"""The report of the JavaScript SDK: `completed` of `Device.runPreflight`, times in ms, counters by sample."""

from typing import Final

from bot.preflight.form import PARTS, Form, first, timing
from bot.preflight.keys import Map


def signs(report: Map) -> int:
    """Tell what only this SDK writes: a DTLS time, totals, codecName, the browser's own candidate statistics."""
    sample = first(report.list("samples"))
    candidate = first(report.list("icecandidatestats"))
    warning = first(report.list("warnings"))
    found = 3 * ("dtls" in timing(report)) + 2 * ("totals" in report)
    found += 3 * ("codecname" in sample) + 2 * ("totals" in sample)
    found += 2 * candidate.text("type").endswith("candidate") + ("id" in candidate)
    found += 3 * ("rtcwarning" in warning or "description" in warning)
    return found + ("stats" in report) + ("testtiming" in report) + ("icecandidatestats" in report)


FORM: Final = Form("javascript", ("javascript",), tuple(PARTS), signs)
