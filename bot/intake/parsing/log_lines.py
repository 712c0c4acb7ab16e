"""Time stamps, levels, and decisive lines of a log."""

from typing import Final

from bot.intake.parsing.error_codes import CSP, HANGUP, _codes, in_log
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.ice_candidates import MOST, candidate_lines
from bot.intake.parsing.report_formats import said_form
from bot.intake.preflight_report import PreflightReport

TITLES: Final = {
    "javascript": "the JavaScript SDK",
    "android": "the Android SDK",
    "ios": "the iOS SDK",
    "react-native": "the React Native SDK",
    "native": "a mobile SDK, Android or iOS",
    "unknown": "an SDK that it does not tell",
}


_LOG: Final = 200_000  # characters of a log that are read


def _log(text: str) -> PreflightReport | None:
    """Make a report of what a log tells: codes, close codes, candidates, a policy that refuses."""
    faults = tuple(in_log(text))
    lines = list(
        dict.fromkeys(candidate for candidate, _ in zip(candidate_lines(text), range(MOST), strict=False))
    )
    csp, hangup = bool(CSP.search(text)), bool(HANGUP.search(text)) and bool(faults)
    if not (faults or lines or csp):
        return None
    form = said_form(FieldMap({"sdk": text[:2_000]}))
    return PreflightReport(
        form="log",
        platforms=form.platforms if form else (),
        state="failed" if faults else "",
        candidates=tuple(lines),
        faults=faults,
        hangup=hangup,
        csp=csp,
    )


def _log_says(log: PreflightReport) -> str:
    texts = [
        *([_codes(log.faults)] if log.faults else []),
        *(
            [f"{len(log.candidates)} ICE candidate{'s' if len(log.candidates) > 1 else ''}"]
            if log.candidates
            else []
        ),
        *(["a Content-Security-Policy that refuses a connection"] if log.csp else []),
    ]
    return f"A log with {', '.join(texts)}."
