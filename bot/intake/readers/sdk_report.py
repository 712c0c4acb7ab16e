"""Read a JSON map as a PreflightReport, for all four SDKs and their versions and spellings.

Pure. Missing values are listed in sentences. Nothing is assumed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.intake.parsing.durations import read_timing, started
from bot.intake.parsing.edge_names import edge_id
from bot.intake.parsing.error_objects import HANGUP, names_policy, of_report
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.ice_candidates import MOST, read_candidate
from bot.intake.parsing.metrics import in_ms, read_counts, read_loss, read_samples, read_spreads
from bot.intake.parsing.mos import DIFFERS, compute_mos, word_said
from bot.intake.parsing.quality_warnings import read_cautions
from bot.intake.parsing.report_formats import PARTS, ReportFormat, form_of, version_in
from bot.intake.preflight_report import (
    QUALITY_BANDS,
    RELAY,
    Candidate,
    MetricRange,
    PreflightReport,
    SdkError,
    State,
    word_for,
)

_PAIR: Final = ("selectedicecandidatepairstats", "selectedicecandidatepair", "selectedcandidatepair")
_LISTS: Final = ("icecandidatestats", "icecandidates", "candidates", "localcandidates")

_SID: Final = re.compile(r"CA[0-9a-f]{32}", re.IGNORECASE)
_CODEC: Final = re.compile(r"(?:audio/)?[a-z0-9-]{2,12}")
_EDGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,29}")

_STATES: Final[dict[str, State]] = {
    "completed": "completed", "complete": "completed", "2": "completed", "success": "completed", "passed": "completed",
    "failed": "failed", "3": "failed", "error": "failed", "failure": "failed",
    "connecting": "running", "connected": "running", "0": "running", "1": "running", "running": "running",
    "inprogress": "running", "in-progress": "running", "in_progress": "running",
}  # fmt: skip


TITLES: Final = {
    "javascript": "the JavaScript SDK",
    "android": "the Android SDK",
    "ios": "the iOS SDK",
    "react-native": "the React Native SDK",
    "native": "a mobile SDK, Android or iOS",
    "unknown": "an SDK that it does not name",
}
CUT: Final = "The text is cut off, or parts of it were left out: what comes after is missing."


def report_says(reports: Sequence[PreflightReport]) -> str:
    """Describe the reports: form, SDK version, and how the test ended."""
    if len(reports) > 1:
        return f"{len(reports)} preflight reports, the first of {_title(reports[0])}."
    ends = {"failed": ", of a test that failed", "running": ", of a test that was still running"}
    return f"A preflight report of {_title(reports[0])}{ends.get(reports[0].state, '')}."


def _title(report: PreflightReport) -> str:
    return TITLES.get(report.form, TITLES["unknown"]) + (f" {report.sdk}" if report.sdk else "")


def read_report(value: Any, around: Any = None) -> PreflightReport:
    """Read *value*, a map that looks like a report. *around* is the map that contains it."""
    report, wrapped = FieldMap(value), FieldMap(around)
    form = form_of(report, wrapped)
    raw_samples = read_samples(report)
    spreads, notes = read_spreads(report, raw_samples)
    samples = in_ms(raw_samples)
    times, more = read_timing(report)
    loss = read_loss(report, raw_samples)
    packets, lost = read_counts(report, raw_samples) or (None, None)
    local, remote, candidates = _ways(report)
    faults = of_report(report) or of_report(wrapped)
    edge = report.text("edge", "chosenedge", longest=80)
    read = PreflightReport(
        form=form.name,
        platforms=form.platforms,
        sdk=version_in(report, wrapped),
        state=_state(report, wrapped, faults, spreads["rtt"] != MetricRange() or bool(samples)),
        call_sid=_written(report.text("callsid", "sid"), _SID),
        edge=edge_id(edge) if edge else "",
        edge_written=_written(edge, _EDGE),
        edge_asked=edge_id(report.text("selectededge", "requestededge", "edgeasked", longest=80)),
        turn_required=report.truth("isturnrequired", "turnrequired"),
        local=local,
        remote=remote,
        candidates=candidates,
        timing=times,
        rtt=spreads["rtt"],
        jitter=spreads["jitter"],
        mos=spreads["mos"],
        mos_computed=compute_mos(samples, spreads, loss),
        loss_percent=loss,
        packets=packets,
        lost=lost,
        quality=word_said(report.take("callquality")),
        samples=len(samples),
        codec=_codec(report),
        cautions=read_cautions(report),
        faults=faults,
        hangup=any(HANGUP.search(sdk_error.message) for sdk_error in faults),
        csp=any(names_policy(sdk_error.message) for sdk_error in faults),
        started=started(report),
        notes=(*more, *notes),
    )
    return replace(read, missing=tuple(_missing(read, form)), notes=(*read.notes, *_contradictions(read)))


def _written(text: str, form: re.Pattern[str]) -> str:
    """Keep *text* only if it has the expected form, because any string may be there, including a secret."""
    return text if form.fullmatch(text) else ""


def _ways(report: FieldMap) -> tuple[Candidate | None, Candidate | None, tuple[Candidate, ...]]:
    """Return both candidates of the selected pair, and all local and remote candidates."""
    pair = report.map(*_PAIR)
    local = read_candidate(pair.take("localcandidate", "local"), remote=False)
    remote = read_candidate(pair.take("remotecandidate", "remote"), remote=True)
    listed = (read_candidate(item) for item in report.list(*_LISTS)[:MOST])
    return local, remote, tuple(dict.fromkeys(candidate for candidate in listed if candidate))


def _state(report: FieldMap, around: FieldMap, faults: tuple[SdkError, ...], measured: bool) -> State:
    for words in (report, around):
        state = _STATES.get(words.text("status", "state", "teststatus", longest=30).casefold())
        if state:
            return state
    if faults:
        return "failed"
    return "completed" if measured or "callquality" in report else ""


def _codec(report: FieldMap) -> str:
    samples = report.list("samples", "statssamples")
    last = FieldMap(samples[-1]) if samples else FieldMap(None)
    return _written((last.text("codecname", "codec") or report.text("codec")).casefold(), _CODEC)


def _missing(read: PreflightReport, form: ReportFormat) -> Iterator[str]:
    """List what a complete report of this form contains and this one does not."""
    there = {
        "edge": bool(read.edge),
        "edge_asked": bool(read.edge_asked),
        "signaling": read.timing.signaling is not None,
        "ice": read.timing.ice is not None,
        "dtls": read.timing.dtls is not None,
        "stats": read.rtt != MetricRange() and read.jitter != MetricRange(),
        "samples": bool(read.samples),
        "loss": read.loss_percent is not None,
        "candidates": bool(read.candidates),
        "pair": read.local is not None,
    }
    for part in form.holds:
        if not there[part]:
            yield f"Missing: {PARTS[part]}."


def _contradictions(read: PreflightReport) -> Iterator[str]:
    """List contradictions in the report."""
    own, computed = read.mos.average, read.mos_computed
    if own is not None and computed is not None and abs(own - computed) > DIFFERS:
        yield f"The report gives MOS {own:.2f}; its own measurements give {computed:.2f}."
    score = computed if computed is not None else own
    if read.quality and score is not None and read.quality != word_for(score) and _apart(read.quality, score):
        why = " (the JavaScript SDK has gaps between its ranges)" if read.form == "javascript" else ""
        yield f"The report calls the quality {read.quality}; MOS {score:.2f} is {word_for(score)}{why}."
    if read.turn_required is not None and read.local and read.turn_required != (read.local.kind == RELAY):
        says = "needed" if read.turn_required else "not needed"
        yield f"It says that TURN was {says}, but the selected candidate has the type {read.local.kind}."


def _apart(word: str, score: float) -> bool:
    """Tell whether *word* is wrong by more than rounding at the limit of a band."""
    return all(word_for(score + shift) != word for shift in (-0.03, 0.0, 0.03)) and word in QUALITY_BANDS
