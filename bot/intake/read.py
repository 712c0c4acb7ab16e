"""Read what somebody pasted or uploaded: a preflight report, an error, a log, output of a tool; or say what it is not.

Pure, and never fails on any input: a sentence says what is missing. Secrets are taken out of all that is kept.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from bot.intake.clues import Reading
from bot.intake.parsing.decode import LARGEST, decode, plain, unescaped, without_prefixes
from bot.intake.parsing.error_codes import _codes
from bot.intake.parsing.json_blocks import loose_values, reports_in, strict_values
from bot.intake.parsing.log_lines import _LOG, TITLES, _log, _log_says
from bot.intake.preflight_report import PreflightReport
from bot.intake.readers import looks_in, unrelated_json
from bot.intake.readers.sdk_error import _error
from bot.intake.readers.sdk_report import read_report
from bot.redaction.redact import redact

NOTHING: Final = (
    "I find no preflight report in that, and no error code, candidate or output of dig, openssl or curl. "
    f"I need {unrelated_json.WANTED}, whole and as text: JSON.stringify(report) in a browser."
)
BEGINNING: Final = (
    "This looks like a piece of a preflight report, with too little of it to read. Paste all of it, or upload it "
    "as a file."
)
CUT: Final = "The text is cut off, or parts of it were left out: what comes after is missing."
EMPTY: Final = f"There is nothing in it; I need {unrelated_json.WANTED}."

# With one of these in it, a text was meant to be a report.
_BEGINNINGS: Final = (
    "callSid",
    "networkTiming",
    "isTurnRequired",
    "selectedEdge",
    "statsSamples",
    "iceCandidate",
)

# Secrets are looked for in the beginning only where a text is long: what is kept is redacted piece by piece.
_LOOKED: Final = 100_000


def read(source: str | bytes) -> Reading:
    """Read *source*, whatever it is; a text or the bytes of a file."""
    if len(source) > LARGEST:
        return refused(len(source))
    text = decode(source)
    if not text.strip():
        return Reading("nothing", EMPTY)
    removed = redact(text[:_LOOKED]).kinds
    reports, values = _reports(text)
    pasted = looks_in(plain(text[:_LOG]))
    if reports:
        return Reading("report", _named(reports), tuple(reports), pasted, removed)
    if values and unrelated_json.name_of(values[0]) and not pasted:
        return Reading("foreign", unrelated_json.sentence(values[0]), (), (), removed)
    log, error = _log(plain(text[:_LOG])), _error(values)
    if pasted:
        about = dict.fromkeys(
            f"{observation.facts['tool']} about {observation.target.host}" for observation in pasted
        )
        return Reading("tool", f"Output of {', '.join(about)}.", (log,) if log else (), pasted, removed)
    if error:
        return Reading("error", f"An error of the SDK: {_codes(error.faults)}.", (error,), (), removed)
    if log:
        return Reading("log", _log_says(log), (log,), (), removed)
    return _nothing(text, values, removed)


def _nothing(text: str, values: list[Any], removed: tuple[str, ...]) -> Reading:
    """Say what is missing, where nothing can be read."""
    if "{" in text and any(word in text for word in _BEGINNINGS):
        return Reading("nothing", BEGINNING, (), (), removed)
    if values:
        return Reading("foreign", unrelated_json.sentence(values[0]), (), (), removed)
    return Reading("nothing", NOTHING, (), (), removed)


def refused(size: int) -> Reading:
    """Refuse what is *size* bytes long, and far too long for a report."""
    return Reading(
        "refused",
        f"That is {size / 1_000_000:.0f} MB or more, and a preflight report is far smaller: more than "
        f"{LARGEST // 1_000_000} MB are not read. Send the report alone.",
    )


def _reports(text: str) -> tuple[list[PreflightReport], list[Any]]:
    """Find the reports of *text*, and every other value: strict JSON first, in whatever form it lies before us."""
    others: list[Any] = []
    forms = _forms(text)
    for form in forms:
        values = list(strict_values(form))
        if reports := [read_report(*item) for value in values for item in reports_in(value)]:
            return list(dict.fromkeys(reports)), others
        others = others or [value for value in values if value]
    for form in reversed(forms):  # the cleanest first
        loose = list(loose_values(form))
        if reports := [report for value, cut in loose for report in _of_loose(value, cut=cut)]:
            return list(dict.fromkeys(reports)), others
        others = others or [value for value, _ in loose]
    return [], others


def _forms(text: str) -> list[str]:
    """List *text* as it is, then with what chat programs, loggers and escapes did to it undone."""
    better = plain(text)
    return list(dict.fromkeys((text, better, unescaped(better), without_prefixes(better))))


def _of_loose(value: Any, *, cut: bool) -> Iterator[PreflightReport]:
    for item, around in reports_in(value):
        report = read_report(item, around)
        yield replace(report, notes=(*report.notes, CUT)) if cut else report


def _named(reports: list[PreflightReport]) -> str:
    """Say what it is: the form, the version, how the test ended."""
    if len(reports) > 1:
        return f"{len(reports)} preflight reports, the first of {_title(reports[0])}."
    ends = {"failed": ", of a test that failed", "running": ", of a test that was still running"}
    return f"A preflight report of {_title(reports[0])}{ends.get(reports[0].state, '')}."


def _title(report: PreflightReport) -> str:
    return TITLES.get(report.form, TITLES["unknown"]) + (f" {report.sdk}" if report.sdk else "")
