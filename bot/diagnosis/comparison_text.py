"""What a comparison of several relays says, in sentences.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.diagnosis.compared import ComparedCause, FindingScope
from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from knowledge.model.conclusions import Finding
from probes.protocol.model import REFERENCE

BROWSER: Final = "the customer's browser"
NAMED: Final = 5  # relays named in one sentence; the rest are counted


def says_of(
    finding: Finding, scope: FindingScope, found: Sequence[str], fine: Sequence[str], unknown: Sequence[str]
) -> str:
    """Say where one cause shows and whose fault it is."""
    title = finding.title
    match scope:
        case _ if finding.local:
            whose = "its own network" if len(found) == 1 else "their own networks"
            says = f"{title}: from {listed(found)}; the fault is in {whose}, and the service was not checked from there"
        case "one-network":
            says = f"{title}: only from {found[0]}, not from {listed(fine)}; the fault is in the network of {found[0]}"
        case "some-networks":
            says = f"{title}: from {listed(found)}, not from {listed(fine)}; the fault is in those networks"
        case "everywhere":
            says = f"{title}: from {listed(found)}. The fault is in the service, or common to all of them"
        case "not-compared":
            says = (
                f"{title}: from {found[0]}. No other relay could check it, so it is not known which "
                "network is at fault"
            )
    left = f" ({listed(unknown)} could not tell)" if unknown and scope != "not-compared" else ""
    return f"{says}{left}."


def sum_up(causes: Sequence[ComparedCause], records: Sequence[RunRecord]) -> str:
    """Say in one sentence what all relays found."""
    places = listed([named(record) for record in records])
    if not causes:
        if all(record.diagnosis.outcome == "clear" or record.vantage == REFERENCE for record in records):
            return f"Tested from {places}: {_no_problem(records)}."
        return f"Tested from {places}: no cause found, but not every relay could tell."
    offline = [cause for cause in causes if cause.local]
    causes = [cause for cause in causes if not cause.local]
    own = [cause for cause in causes if cause.scope in ("one-network", "some-networks")]
    common = [cause for cause in causes if cause.scope == "everywhere"]
    have = {False: "has", True: "have"}
    parts = [f"{listed(c.seen_from)} {have[len(c.seen_from) > 1]} no internet access" for c in offline]
    if own:
        parts.append(f"{_count(len(own), 'fault lies', 'faults lie')} in one network and not in another")
    if common:
        parts.append(f"{_count(len(common), 'fault is', 'faults are')} the service's own or common to all")
    if left := len(causes) - len(own) - len(common):
        parts.append(f"{_count(left, 'fault', 'faults')} could not be compared")
    return f"Tested from {places}: {'; '.join(parts)}."


def _no_problem(records: Sequence[RunRecord]) -> str:
    """Say that nothing is wrong, and name the risks with the relays that see them."""
    seen_from: dict[str, list[str]] = {}
    for record in records:
        for risk in record.diagnosis.risks:
            seen_from.setdefault(risk.title, []).append(record.relay)
    if not seen_from:
        return "no problem found from any of them"
    titles = "; ".join(f"{title}, from {listed(relays)}" for title, relays in seen_from.items())
    return f"no problem found from any of them. {_count(len(seen_from), 'risk', 'risks')}: {titles}"


def named(record: RunRecord) -> str:
    """Return the name of the relay, marked if it is a reference."""
    name = relay_text(record.relay)
    return f"{name} (reference)" if record.vantage == REFERENCE else name


def relay_text(relay: str) -> str:
    """Name a relay in a sentence; a customer's browser has no name of its own."""
    return BROWSER if relay == BROWSER_RELAY else relay


def _count(number: int, item: str, many: str) -> str:
    return f"{number} {item if number == 1 else many}"


def listed(names: Iterable[str]) -> str:
    """Join *names* for a sentence; if there are more than `NAMED`, count the rest."""
    known = list(names)
    if len(known) > NAMED:
        known = [*known[: NAMED - 1], f"{len(known) - NAMED + 1} more"]
    *most, last = known
    return f"{', '.join(most)} and {last}" if most else last
