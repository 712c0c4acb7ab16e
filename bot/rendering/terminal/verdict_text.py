"""The first line of an answer: how bad it is, where, and what it is.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from typing import Final

from bot.diagnosis.compared import ComparedCause
from bot.diagnosis.run_record import LOCATE, RunRecord
from bot.rendering.failure_text import REPORTED
from bot.rendering.terminal.place_text import on_network_of, place_of
from bot.rendering.view import View, has_results, no_results_text
from knowledge.model.advice import AdvisedCause
from probes.protocol.model import REFERENCE, USER_NETWORK

_TITLES: Final = 4  # causes named in the line


def verdict_text(record: RunRecord, view: View) -> str:
    """Return the verdict in one line: Blocked, Degraded, No problem found, or Could not tell."""
    match record.diagnosis.outcome:
        case "found":
            return _found(record, view)
        case "clear":
            return _clear(record, view)
    if not has_results(record):
        return f"Could not tell: {_lower(no_results_text(record, view.meaning))}."
    return f"Could not tell: {_why(record)}."


def severity(causes: Sequence[AdvisedCause]) -> str:
    """Return the worst impact of *causes* in a word."""
    return "Blocked" if any(cause.impact == "blocks" for cause in causes) else "Degraded"


def _found(record: RunRecord, view: View) -> str:
    compared = {cause.cause: cause for cause in view.vantages.compared} if view.vantages else {}
    relays = len(view.vantages.summaries) if view.vantages else 1
    bad = severity(view.found)
    if len(view.found) == 1:
        (cause,) = view.found
        where = _scope(compared[cause.id], relays) if cause.id in compared and relays > 1 else _where(record)
        return f"{bad}{where}: {_title(cause)}."
    titles = [
        _title(cause)
        + (f" ({_scope(compared[cause.id], relays).strip()})" if relays > 1 and cause.id in compared else "")
        for cause in view.found[:_TITLES]
    ]
    more = len(view.found) - len(titles)
    listed = "; ".join([*titles, *([f"{more} more"] if more else [])])
    return f"{bad}{'' if relays > 1 else _where(record)}: {len(view.found)} causes found. {listed}."


def _clear(record: RunRecord, view: View) -> str:
    relays = len(view.vantages.summaries) if view.vantages else 1
    where = f" at {relays} relays" if relays > 1 else _where(record) or f" from {place_of(record)}"
    if not view.risks:
        return f"No problem found{where}."
    count = len(view.risks)
    titles = "; ".join(_title(risk) for risk in view.risks[:_TITLES])
    return f"No problem found{where}. {'1 risk' if count == 1 else f'{count} risks'}: {titles}."


def _where(record: RunRecord) -> str:
    """Name the network that was tested, unless it is the user's, or no check of it decided."""
    found = record.diagnosis.found
    if record.vantage == USER_NETWORK or (found and not any(a.elsewhere for f in found for a in f.because)):
        return ""
    return f" on {on_network_of(record)}"


def _scope(cause: ComparedCause, relays: int) -> str:
    names = cause.seen_from
    if len(names) == relays:
        return " at both relays" if relays == 2 else f" at all {relays} relays"
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f" at {listed}{' only' if cause.fine_from else ''}"


def _title(cause: AdvisedCause) -> str:
    return cause.title.rstrip(".") + ("" if cause.confidence == "certain" else " (probably)")


def _why(record: RunRecord) -> str:
    diagnosis = record.diagnosis
    if record.vantage == REFERENCE:
        return f"{place_of(record)} is not in the user's network"
    if count := sum(not judged.harmless for judged in diagnosis.possible):
        return "one cause is possible" if count == 1 else f"{count} causes are possible"
    looks = [look for look in record.observations.values() if look.probe not in (LOCATE, *REPORTED)]
    missed = sum(not look.has_result for look in looks)
    if set(diagnosis.unexplained) - set(diagnosis.tolerated):
        return "a check failed, and no known cause explains it"
    if missed:
        return f"{missed} of {len(looks)} checks did not run"
    return "some causes could not be checked"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
