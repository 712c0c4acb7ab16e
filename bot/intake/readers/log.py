"""Read the log of any SDK: codes, close codes, ICE candidates, and a policy that blocks a connection."""

from collections.abc import Iterable
from typing import Final

from bot.intake.parsing.error_objects import HANGUP, name_codes, names_policy
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.ice_candidates import MOST, candidate_lines
from bot.intake.parsing.log_lines import errors_in
from bot.intake.parsing.report_formats import said_form
from bot.intake.preflight_report import PreflightReport

LONGEST: Final = 200_000  # characters of a log that are read


def read_log(text: str, known: Iterable[str] = (), *, brief: bool = False) -> PreflightReport | None:
    """Make a report of a log. *known* lists codes from other parts of the same paste.

    In *brief*, it has what `log_says` needs, without messages and a platform: to redact takes half of the time.
    """
    elsewhere = frozenset(known)
    faults = tuple(
        fault
        for fault in errors_in(text, messages=not brief)
        if not fault.codes or not elsewhere.issuperset(fault.codes)
    )
    lines = list(
        dict.fromkeys(candidate for candidate, _ in zip(candidate_lines(text), range(MOST), strict=False))
    )
    csp, hangup = names_policy(text), bool(HANGUP.search(text)) and bool(faults)
    if not (faults or lines or csp):
        return None
    form = None if brief else said_form(FieldMap({"sdk": text[:2_000]}))
    return PreflightReport(
        form="log",
        platforms=form.platforms if form else (),
        state="failed" if faults else "",
        candidates=tuple(lines),
        faults=faults,
        hangup=hangup,
        csp=csp,
    )


def log_says(log: PreflightReport) -> str:
    """Describe in one sentence what the log contains."""
    texts = [
        *([name_codes(log.faults)] if log.faults else []),
        *(
            [f"{len(log.candidates)} ICE candidate{'s' if len(log.candidates) > 1 else ''}"]
            if log.candidates
            else []
        ),
        *(["a Content-Security-Policy that refuses a connection"] if log.csp else []),
    ]
    return f"A log with {', '.join(texts)}."
