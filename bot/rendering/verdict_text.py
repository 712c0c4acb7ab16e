"""The first line of an answer, in the terminal and in Slack: how bad it is, where, and what it is.

Pure: no network, no clock.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from bot.diagnosis.compared import ComparedCause
from bot.diagnosis.comparison_text import BROWSER, listed
from bot.diagnosis.run_record import LOCATE, RunRecord
from bot.rendering.failure_text import REPORTED
from bot.rendering.place_text import HOST, on_network_of, place_of
from knowledge.advice.meaning import Meaning
from knowledge.model.conclusions import Diagnosis, Finding
from knowledge.model.impact import Impact
from probes.protocol.model import REFERENCE, USER_NETWORK

_TITLES: Final = 4  # causes named in the line
# "Blocked: TURN is blocked" says it twice.
_TWICE: Final = re.compile(r"^(Blocked.*: .+) (?:is|are) blocked( \(probably\))?$")


class TitledCause(Protocol):
    """A cause with its title, how sure it is, and what it does to calls."""

    @property
    def title(self) -> str:
        """What is wrong."""

    @property
    def confidence(self) -> str:
        """Certain or likely."""

    @property
    def impact(self) -> Impact:
        """What it does to calls."""


def verdict_text(
    record: RunRecord,
    meaning: Meaning | None = None,
    causes: Sequence[ComparedCause] = (),
    relays: int = 1,
    *,
    here: str = HOST,
) -> str:
    """Return the verdict: Blocked, Found, Degraded, No problem found, or Could not tell, without a full stop.

    *causes* are those found by any of several *relays*; then *record* is of all of them. Several causes are counted.
    *here* names the host that Lineman runs on.
    """
    diagnosis = record.diagnosis
    if diagnosis.outcome == "found":
        place = (
            _scope(causes[0], relays) if len(causes) == 1 and relays > 1 else _tested(record, relays, here)
        )
        return f"{severity(diagnosis.found)}{place}: {_what(diagnosis)}"
    if diagnosis.outcome == "clear" and _has_results(record):
        place = (
            _at_all(record, relays)
            if relays > 1
            else (_tested(record, relays, here) or f" from {place_of(record, here)}")
        )
        return f"No problem found{place}{_risks(diagnosis)}"
    return f"Could not tell: {_why(record, meaning, here)}"


def brief(verdict: str) -> str:
    """Return *verdict* for a title: "Blocked: TURN", where the whole one is "Blocked: TURN is blocked"."""
    return _TWICE.sub(r"\1\2", verdict)


def short_verdict(record: RunRecord) -> str:
    """Return the verdict without the place, which is next to it."""
    diagnosis = record.diagnosis
    if diagnosis.outcome == "found":
        return f"{severity(diagnosis.found)}: {_what(diagnosis)}"
    if diagnosis.outcome == "clear" and _has_results(record):
        return f"No problem found{_risks(diagnosis)}"
    return f"Could not tell: {_why(record, None, HOST)}"


def cause_titles(diagnosis: Diagnosis, causes: Sequence[ComparedCause] = (), relays: int = 1) -> str:
    """Name the causes found, if there are several; each with the relays that found it."""
    if len(diagnosis.found) < 2:
        return ""
    places = {cause.cause: _scope(cause, relays).strip() for cause in causes if relays > 1}
    titles = [
        named(cause) + (f" ({places[cause.cause]})" if cause.cause in places else "")
        for cause in diagnosis.found[:_TITLES]
    ]
    more = len(diagnosis.found) - len(titles)
    return "; ".join([*titles, *([f"{more} more"] if more else [])])


def severity(causes: Iterable[Finding]) -> str:
    """Return the worst impact of *causes* in a word. "Blocked" is for what a network can do."""
    worst = [cause for cause in causes if cause.impact == "blocks"]
    if not worst:
        return "Degraded"
    return "Blocked" if any(cause.network for cause in worst) else "Found"


def named(cause: TitledCause) -> str:
    """Return the title of a cause, with "probably" where it is not certain."""
    return cause.title.rstrip(".") + ("" if cause.confidence == "certain" else " (probably)")


def risks_text(diagnosis: Diagnosis) -> str:
    """Count and name the risks of *diagnosis*, which has some."""
    count = len(diagnosis.risks)
    titles = "; ".join(named(risk) for risk in diagnosis.risks[:_TITLES])
    return f"{'1 risk' if count == 1 else f'{count} risks'}: {titles}"


def _risks(diagnosis: Diagnosis) -> str:
    return f". {risks_text(diagnosis)}" if diagnosis.risks else ""


def _what(diagnosis: Diagnosis) -> str:
    if len(diagnosis.found) > 1:
        return f"{len(diagnosis.found)} causes" + ("" if severity(diagnosis.found) == "Found" else " found")
    (cause,) = diagnosis.found
    return named(cause)


def _tested(record: RunRecord, relays: int, here: str) -> str:
    """Name the network that was tested, unless it is the user's, or no check of it decided."""
    found = record.diagnosis.found
    if relays > 1 or record.vantage == USER_NETWORK:
        return ""
    if found and not any(answer.elsewhere for finding in found for answer in finding.because):
        return ""
    return f" on {on_network_of(record, here)}"


def _at_all(record: RunRecord, relays: int) -> str:
    """Say where no problem was found; *record* is of all *relays*."""
    return f" from {record.relay}" if BROWSER in record.relay else f" at {relays} relays"


def _scope(cause: ComparedCause, relays: int) -> str:
    names = cause.seen_from
    if len(names) == relays:
        if BROWSER in names:  # it is none of our relays
            return f" at {listed(names)}"
        return " at both relays" if relays == 2 else f" at all {relays} relays"
    places = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f" at {places}{' only' if cause.fine_from else ''}"


def _why(record: RunRecord, meaning: Meaning | None, here: str) -> str:
    diagnosis = record.diagnosis
    if not _has_results(record):
        if meaning and meaning.elsewhere:
            return f"{record.request.code} is not a code of the Voice SDKs"
        return "no check from here can decide this; it needs an answer from the user"
    if record.vantage == REFERENCE:
        return f"{place_of(record, here)} is not in the user's network"
    if count := sum(not judged.harmless for judged in diagnosis.possible):
        return "one cause is possible" if count == 1 else f"{count} causes are possible"
    if failed := len(set(diagnosis.unexplained) - set(diagnosis.tolerated)):
        checks, them = ("a check", "it") if failed == 1 else (f"{failed} checks", "them")
        return f"{checks} failed, and no known cause explains {them}"
    looks = [look for look in record.observations.values() if look.probe not in (LOCATE, *REPORTED)]
    if missed := sum(not look.has_result for look in looks):
        return f"{missed} of {len(looks)} checks did not run"
    return "some causes could not be checked"


def _has_results(record: RunRecord) -> bool:
    return bool(record.plan.steps or record.observations)
