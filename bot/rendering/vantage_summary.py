"""What every relay says by itself and what follows from all of them, in words, before any layout.

Pure: no network, no clock.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.diagnosis.aggregate import aggregate, unchecked_by_all
from bot.diagnosis.comparison import ComparedCause, Comparison, FindingScope, compare, listed, missing_from
from bot.diagnosis.triage import RunRecord
from bot.rendering.vantage import VantageSummaries, VantageSummary
from bot.rendering.view import View, headline, make_view
from knowledge.model.conclusions import Diagnosis
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE

_WHERE: Final[Mapping[FindingScope, str]] = {
    "one-network": "in one network only",
    "some-networks": "in some networks",
    "everywhere": "from all relays alike",
    "not-compared": "without a relay to compare with",
}


def view_together(records: Sequence[RunRecord], knowledge: Knowledge, network: Network) -> View:
    """Fill in every text for *records*, several of them, as for one."""
    return compared_view(aggregate(records), records, knowledge, network)


def compared_view(
    whole: RunRecord, records: Sequence[RunRecord], knowledge: Knowledge, network: Network
) -> View:
    """The same where the records were laid together before, as *whole*; of one record only what is missing is added."""
    view = make_view(whole, knowledge, network)
    comparison = compare(records)
    order = [one.cause for one in whole.diagnosis.found]
    causes = sorted(comparison.causes, key=lambda one: order.index(one.cause))
    told = sides(records, causes)
    if len(records) == 1:
        return replace(view, vantages=told) if told.missing else view
    return replace(view, headline=headline_of_all(whole.diagnosis, comparison, len(records)), vantages=told)


def sides(records: Sequence[RunRecord], causes: Sequence[ComparedCause]) -> VantageSummaries:
    """Gather what each of *records* says, and what follows for the *causes* that were found."""
    return VantageSummaries(
        tuple(side_of(record) for record in records),
        tuple(causes),
        tuple(one.title for one in unchecked_by_all(records)),
        {one.cause: listed(one.seen_from) for one in causes},
    )


def side_of(record: RunRecord) -> VantageSummary:
    """Say what one relay tells; of one elsewhere, only whether it works from there."""
    missing = missing_from(record)
    outcome, said = record.diagnosis.outcome, headline(record.diagnosis)
    if missing and missing.looks == missing.of:
        outcome, said = "unclear", "Could not look"
    elif record.vantage == REFERENCE and outcome != "found":
        failed = sum(look.has_result and look.failure is not None for look in record.observations.values())
        looks = "1 look failed" if failed == 1 else f"{failed} looks failed"
        said = f"{looks} from there too" if failed else "Everything works from there"
        outcome = "unclear" if failed or missing else "clear"
    return VantageSummary(record.relay, record.vantage, outcome, said, missing.says if missing else "")


def headline_of_all(whole: Diagnosis, comparison: Comparison, relays: int) -> str:
    """Say the outcome over all relays in one line."""
    if whole.outcome == "found" and len(comparison.causes) == 1:
        (one,) = comparison.causes
        return f"{headline(whole)}, {_scope(one, relays)}"
    if whole.outcome == "found":
        counts = Counter(one.scope for one in comparison.causes)
        told = [f"{counts[scope]} {words}" for scope, words in _WHERE.items() if counts[scope]]
        if len(told) == 1:
            return f"{headline(whole)}, each {_WHERE[comparison.causes[0].scope]}"
        return f"{headline(whole)}: {', '.join(told)}"
    if whole.outcome == "clear":
        return f"Nothing wrong seen from any of {relays} relays"
    return headline(whole)


def _scope(one: ComparedCause, relays: int) -> str:
    match one.scope:
        case "everywhere":
            count = len(one.seen_from)
            return (
                f"from {'both' if relays == 2 else f'all {relays}'} relays" if count == relays else _from(one)
            )
        case "one-network":
            return f"only from {one.seen_from[0]}"
    return _from(one)


def _from(one: ComparedCause) -> str:
    return f"from {listed(one.seen_from)}"
