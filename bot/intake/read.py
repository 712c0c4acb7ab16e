"""Read a text or file as one reading: prose, reports, errors, logs, and tool output.

Pure. Never fails, for any input: a sentence says what is missing. Stored text is redacted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.intake.capture import LARGEST_HEAD, is_capture, read_capture
from bot.intake.clues import LARGEST, LARGEST_CAPTURE, Piece, Reading, ReadingKind
from bot.intake.firsthand import unsigned
from bot.intake.parsing.call_sids import find_call_sids
from bot.intake.parsing.decode import decode, plain
from bot.intake.parsing.line_search import shortened
from bot.intake.preflight_report import PreflightReport
from bot.intake.readers import (
    check_page,
    observe_call,
    observe_event,
    observe_logs,
    observe_tool,
    unrelated_json,
)
from bot.intake.readers.log import LONGEST, log_says, read_log
from bot.intake.readers.rtc_diagnostics import NO_CALL, edge_results, failed_edges
from bot.intake.readers.sdk_error import error_says, merge_errors, read_error
from bot.intake.readers.sdk_report import CUT, read_report, report_says
from bot.intake.readers.sentences import NO_RESULT, logs_say, tools_say
from bot.intake.readers.voice_insights import insights_says, read_insights
from bot.intake.segment import Segment, has_report_form, segment
from bot.intake.unread import BINARY, EMPTY, capture_on, file_says, is_binary, nothing_read
from bot.intake.words import read_words
from bot.model.request import Vocabulary
from bot.redaction.redact import redact
from knowledge.model.schema import Knowledge
from probes.protocol.model import Observation

# In a long text, only the beginning is searched for secrets. What is stored is redacted piece by piece.
_LOOKED: Final = 100_000


@dataclass(slots=True)
class _Found:
    """What the readers found, piece by piece."""

    reports: list[PreflightReport] = field(default_factory=list)
    errors: list[PreflightReport] = field(default_factory=list)
    pasted: dict[str, Observation] = field(default_factory=dict)
    calls: dict[str, Observation] = field(default_factory=dict)  # what the service's own data show
    check: str = ""  # the last one
    logs: list[Segment] = field(default_factory=list)
    unread: list[Segment] = field(default_factory=list)  # text that no reader of values or tools has read
    free: list[Segment] = field(
        default_factory=list
    )  # the same, plus values that may be part of a user's description
    pieces: list[Piece] = field(default_factory=list)


def read(
    source: str | bytes, vocabulary: Vocabulary | None = None, knowledge: Knowledge | None = None
) -> Reading:
    """Read *source*, a text or the bytes of a file.

    Codes and clues need a *vocabulary*. Causes are ranked only with *knowledge*.
    """
    if len(source) <= LARGEST_CAPTURE and (captured := read_capture(source, vocabulary, knowledge)):
        return captured
    if says := file_says(source):
        return Reading("foreign", says)
    if len(source) > LARGEST:
        return refused(len(source))
    text = decode(source)
    if not text.strip():
        return Reading("nothing", EMPTY)
    if isinstance(source, bytes) and is_binary(text):
        return Reading("foreign", BINARY)
    segments = segment(text)
    found = _Found()
    for item in segments:
        _read_segment(item, found)
    reading = replace(
        _combine(found, segments, text),
        pieces=tuple(found.pieces),
        call_sids=find_call_sids(text),
        has_report_form=has_report_form(text) or bool(found.pasted),
    )
    if vocabulary is None:
        return reading
    reading = read_words(reading, found.free, text, vocabulary, knowledge)
    return replace(reading, says=capture_on(reading.says, reading.clues.get("platform", "")))


def most_of(beginning: bytes | bytearray) -> int:
    """Return how many bytes are read of a file that starts with *beginning*."""
    return LARGEST_CAPTURE if is_capture(bytes(beginning[:LARGEST_HEAD])) else LARGEST


def refused(size: int) -> Reading:
    """Reject a text of *size* bytes, which is too long for a report."""
    return Reading(
        "refused",
        f"That is {size / 1_000_000:.0f} MB or more, and a preflight report is much smaller. More than "
        f"{LARGEST // 1_000_000} MB are not read. Send the report alone.",
    )


def _read_segment(item: Segment, found: _Found) -> None:
    """Read *item* with the reader for its format. Leave the rest to the log and prose readers."""
    if item.block:
        _read_value(item, found)
        return
    if item.reader:
        observed = observe_tool(item.reader, plain(item.text[:LONGEST]))
        found.pasted |= {step: look for step, look in observed.items() if step not in found.pasted}
        says = tools_say(observed.values()) if observed else NO_RESULT.format(tool=item.reader.tool)
        found.pieces.append(Piece("tool", (item.first, item.last), says))
        return
    found.unread.append(item)
    found.free.append(item)
    if item.form == "log":
        found.logs.append(item)
        log = read_log(plain(item.text[:LONGEST]), brief=True)
        says = log_says(log) if log else "Log lines without an error in them."
        found.pieces.append(Piece("log", (item.first, item.last), says))
    elif item.text.strip():
        found.pieces.append(Piece("prose", (item.first, item.last), "Words."))


def _read_value(item: Segment, found: _Found) -> None:
    """Read a JSON-like value: a report, JSON of another kind, or an error of the SDK."""
    lines = (item.first, item.last)
    if reports := _reports(item):
        found.reports += reports
        found.pieces.append(Piece("report", lines, report_says(reports)))
        return
    value = item.block.value if item.block else None
    if check := check_page.read_check(value):
        found.check = check
        found.pieces.append(Piece("report", lines, check_page.SAYS))
        return
    if report := read_insights(value):
        found.errors.append(report)
        found.calls |= observe_call(value)
        found.pieces.append(Piece("error", lines, insights_says(report)))
        return
    if edge_results(value):
        found.pieces.append(Piece("foreign", lines, NO_CALL))
        return
    if events := observe_event(value):
        found.pasted |= {step: look for step, look in events.items() if step not in found.pasted}
        found.pieces.append(Piece("log", lines, logs_say(events.values())))
    elif unrelated_json.name_of(value):
        found.pieces.append(Piece("foreign", lines, unrelated_json.sentence(value)))
    elif error := read_error(value):
        found.errors.append(error)
        found.pieces.append(Piece("error", lines, error_says(error)))
    elif not item.inline:
        found.unread.append(item)
        found.pieces.append(Piece("json", lines, unrelated_json.sentence(value)))
    if not item.inline:
        found.free.append(item)


def _reports(item: Segment) -> list[PreflightReport]:
    """Read the reports in a value, with a note if one is truncated."""
    block = item.block
    reports = [read_report(value, around) for value, around in block.reports] if block else []
    if block and block.cut:
        reports = [replace(report, notes=(*report.notes, CUT)) for report in reports]
    reports += failed_edges(block.value if block else None)
    return list(dict.fromkeys(reports))


def _combine(found: _Found, segments: Sequence[Segment], text: str) -> Reading:
    """Combine everything into one reading: its facts, its kind, and a sentence about it."""
    reports = list(dict.fromkeys(found.reports))
    errors = merge_errors(found.errors)
    known = {code for report in (*reports, *errors) for fault in report.faults for code in fault.codes}
    # Next to a report, only a log counts as a report. A code in prose is no evidence.
    seen = [
        replace(item, text=unsigned(item.text)) if item.form == "prose" else item for item in found.unread
    ]
    log = read_log(_joined(found.logs if reports else seen), known)
    logs = [log] if log else []
    lines = observe_logs(plain("\n".join(item.text for item in seen)))
    pasted = (*found.pasted.values(), *found.calls.values(), *lines.values())
    parts: dict[ReadingKind, str] = {
        **({"report": check_page.SAYS} if found.check else {}),
        **({"report": report_says(reports)} if reports else {}),
        **({"tool": tools_say(found.pasted.values())} if found.pasted else {}),
        **({"error": _error_says(errors[0])} if errors else {}),
        **({"log": " ".join(_log_says(logs, lines))} if logs or lines else {}),
    }
    removed = redact(text[:_LOOKED]).kinds
    if not parts:
        kind, says = nothing_read(text, segments)
        return Reading(kind, says, removed=removed)
    says = " ".join(parts.values())
    return Reading(
        next(iter(parts)), says, (*reports, *errors, *logs), pasted, check=found.check, removed=removed
    )


def _error_says(error: PreflightReport) -> str:
    return insights_says(error) if error.of_service else error_says(error)


def _log_says(logs: Sequence[PreflightReport], lines: Mapping[str, Observation]) -> Iterator[str]:
    if logs:
        yield log_says(logs[0])
    if lines:
        yield logs_say(lines.values())


def _joined(segments: Iterable[Segment]) -> str:
    return plain(shortened("\n".join(item.text for item in segments), LONGEST))
