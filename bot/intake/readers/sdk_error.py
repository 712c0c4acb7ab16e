"""Read what somebody pasted or uploaded: a preflight report, an error, a log, output of a tool; or say what it is not.

Pure, and never fails on any input: a sentence says what is missing. Secrets are taken out of all that is kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.preflight import foreign
from bot.preflight.candidates import MOST, candidate_lines
from bot.preflight.edges import edge_id
from bot.preflight.faults import CSP, HANGUP, in_log, read_fault
from bot.preflight.forms import said_form, version_in
from bot.preflight.found import loose_values, reports_in, strict_values
from bot.preflight.keys import Map
from bot.preflight.model import Fault, Reading, Report
from bot.preflight.report import read_report
from bot.preflight.text import LARGEST, decode, plain, unescaped, without_prefixes
from bot.preflight.tools import looks_in
from bot.redact import redact

TITLES: Final = {
    "javascript": "the JavaScript SDK",
    "android": "the Android SDK",
    "ios": "the iOS SDK",
    "react-native": "the React Native SDK",
    "native": "a mobile SDK, Android or iOS",
    "unknown": "an SDK that it does not tell",
}

NOTHING: Final = (
    "I find no preflight report in that, and no error code, candidate or output of dig, openssl or curl. "
    f"I need {foreign.WANTED}, whole and as text: JSON.stringify(report) in a browser."
)
BEGINNING: Final = (
    "This looks like a piece of a preflight report, with too little of it to read. Paste all of it, or upload it "
    "as a file."
)
CUT: Final = "The text is cut off, or parts of it were left out: what comes after is missing."
EMPTY: Final = f"There is nothing in it; I need {foreign.WANTED}."

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
_LOG: Final = 200_000  # characters of a log that are read


def read_pasted(source: str | bytes) -> Reading:
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
    if values and foreign.name_of(values[0]) and not pasted:
        return Reading("foreign", foreign.sentence(values[0]), (), (), removed)
    log, error = _log(plain(text[:_LOG])), _error(values)
    if pasted:
        about = dict.fromkeys(f"{one.facts['tool']} about {one.target.host}" for one in pasted)
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
        return Reading("foreign", foreign.sentence(values[0]), (), (), removed)
    return Reading("nothing", NOTHING, (), (), removed)


def refused(size: int) -> Reading:
    """Refuse what is *size* bytes long, and far too long for a report."""
    return Reading(
        "refused",
        f"That is {size / 1_000_000:.0f} MB or more, and a preflight report is far smaller: more than "
        f"{LARGEST // 1_000_000} MB are not read. Send the report alone.",
    )


def _reports(text: str) -> tuple[list[Report], list[Any]]:
    """Find the reports of *text*, and every other value: strict JSON first, in whatever form it lies before us."""
    others: list[Any] = []
    forms = _forms(text)
    for form in forms:
        values = list(strict_values(form))
        if reports := [read_report(*one) for value in values for one in reports_in(value)]:
            return list(dict.fromkeys(reports)), others
        others = others or [value for value in values if value]
    for form in reversed(forms):  # the cleanest first
        loose = list(loose_values(form))
        if reports := [one for value, cut in loose for one in _of_loose(value, cut=cut)]:
            return list(dict.fromkeys(reports)), others
        others = others or [value for value, _ in loose]
    return [], others


def _forms(text: str) -> list[str]:
    """List *text* as it is, then with what chat programs, loggers and escapes did to it undone."""
    better = plain(text)
    return list(dict.fromkeys((text, better, unescaped(better), without_prefixes(better))))


def _of_loose(value: Any, *, cut: bool) -> Iterator[Report]:
    for one, around in reports_in(value):
        report = read_report(one, around)
        yield replace(report, notes=(*report.notes, CUT)) if cut else report


def _named(reports: list[Report]) -> str:
    """Say what it is: the form, the version, how the test ended."""
    if len(reports) > 1:
        return f"{len(reports)} preflight reports, the first of {_title(reports[0])}."
    ends = {"failed": ", of a test that failed", "running": ", of a test that was still running"}
    return f"A preflight report of {_title(reports[0])}{ends.get(reports[0].state, '')}."


def _title(report: Report) -> str:
    return TITLES.get(report.form, TITLES["unknown"]) + (f" {report.sdk}" if report.sdk else "")


def _error(values: list[Any]) -> Report | None:
    """Make a report of an error object: a map with a code and words, directly or one level down."""
    for value in values[:20]:
        inside = [value, *(value.values() if isinstance(value, Mapping) else ())]
        listed = [one for many in inside if isinstance(many, list) for one in many[:20]]
        for one in [*inside[:50], *listed[:50]]:
            if isinstance(one, Mapping) and (fault := read_fault(one)) and fault.codes:
                return _of_faults((fault,), Map(value))
    return None


def _of_faults(faults: tuple[Fault, ...], around: Map) -> Report:
    form = said_form(around)
    texts = " ".join(fault.message for fault in faults)
    return Report(
        form="log",
        platforms=form.platforms if form else (),
        sdk=version_in(around),
        state="failed",
        edge_asked=edge_id(around.text("selectededge", "edge", longest=80)),
        faults=faults,
        hangup=bool(HANGUP.search(texts)),
        csp=bool(CSP.search(texts)),
    )


def _log(text: str) -> Report | None:
    """Make a report of what a log tells: codes, close codes, candidates, a policy that refuses."""
    faults = tuple(in_log(text))
    lines = list(dict.fromkeys(one for one, _ in zip(candidate_lines(text), range(MOST), strict=False)))
    csp, hangup = bool(CSP.search(text)), bool(HANGUP.search(text)) and bool(faults)
    if not (faults or lines or csp):
        return None
    form = said_form(Map({"sdk": text[:2_000]}))
    return Report(
        form="log",
        platforms=form.platforms if form else (),
        state="failed" if faults else "",
        candidates=tuple(lines),
        faults=faults,
        hangup=hangup,
        csp=csp,
    )


def _log_says(log: Report) -> str:
    told = [
        *([_codes(log.faults)] if log.faults else []),
        *(
            [f"{len(log.candidates)} ICE candidate{'s' if len(log.candidates) > 1 else ''}"]
            if log.candidates
            else []
        ),
        *(["a Content-Security-Policy that refuses a connection"] if log.csp else []),
    ]
    return f"A log with {', '.join(told)}."


def _codes(faults: tuple[Fault, ...]) -> str:
    codes = dict.fromkeys(code for fault in faults for code in fault.codes)
    closed = dict.fromkeys(f"close code {fault.close_code}" for fault in faults if fault.close_code)
    return ", ".join([*codes, *closed]) or "an error without a code"
