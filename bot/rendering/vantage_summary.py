"""Summarize each relay's result, and the overall headline.

Pure: no network, no clock.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.diagnosis.aggregate import aggregate, unchecked_by_all
from bot.diagnosis.compared import ComparedCause, Comparison, FindingScope
from bot.diagnosis.comparison import compare, missing_from
from bot.diagnosis.comparison_text import listed
from bot.diagnosis.run_record import RunRecord
from bot.rendering.vantage import VantageSummaries, VantageSummary
from bot.rendering.view import View, headline, make_view, risks_text
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
    """Make the view of a run on one or several relays."""
    return compared_view(aggregate(records), records, knowledge, network)


def compared_view(
    whole: RunRecord, records: Sequence[RunRecord], knowledge: Knowledge, network: Network
) -> View:
    """Make the view when *whole* is already aggregated; for one record, add only what is missing."""
    view = make_view(whole, knowledge, network)
    comparison = compare(records)
    order = [finding.cause for finding in whole.diagnosis.found]
    causes = sorted(comparison.causes, key=lambda cause: order.index(cause.cause))
    summaries = sides(records, causes)
    if len(records) == 1:
        return replace(view, vantages=summaries) if summaries.missing else view
    return replace(
        view, headline=headline_of_all(whole.diagnosis, comparison, len(records)), vantages=summaries
    )


def sides(records: Sequence[RunRecord], causes: Sequence[ComparedCause]) -> VantageSummaries:
    """Summarize each of *records*, and the scope of the *causes* that were found."""
    return VantageSummaries(
        tuple(side_of(record) for record in records),
        tuple(causes),
        tuple(judged.title for judged in unchecked_by_all(records)),
        {cause.cause: listed(cause.seen_from) for cause in causes},
    )


def side_of(record: RunRecord) -> VantageSummary:
    """Summarize one relay's result; for a reference relay, only whether the service works from there."""
    missing = missing_from(record)
    outcome, text = record.diagnosis.outcome, headline(record.diagnosis)
    if missing and missing.looks == missing.of:
        outcome, text = "unclear", "Could not test"
    elif record.vantage == REFERENCE and outcome != "found":
        failed = sum(look.has_result and look.failure is not None for look in record.observations.values())
        looks = "1 check failed" if failed == 1 else f"{failed} checks failed"
        text = f"{looks} from there too" if failed else "Everything works from there"
        outcome = "unclear" if failed or missing else "clear"
    return VantageSummary(record.relay, record.vantage, outcome, text, missing.says if missing else "")


def headline_of_all(whole: Diagnosis, comparison: Comparison, relays: int) -> str:
    """Return the outcome over all relays in one line."""
    if whole.outcome == "found" and len(comparison.causes) == 1:
        (cause,) = comparison.causes
        return f"{headline(whole)}, {_scope(cause, relays)}"
    if whole.outcome == "found":
        counts = Counter(compared_cause.scope for compared_cause in comparison.causes)
        texts = [f"{counts[scope]} {words}" for scope, words in _WHERE.items() if counts[scope]]
        if len(texts) == 1:
            return f"{headline(whole)}, each {_WHERE[comparison.causes[0].scope]}"
        return f"{headline(whole)}: {', '.join(texts)}"
    if whole.outcome == "clear":
        if whole.risks:
            return f"No problem found from any of {relays} relays. {risks_text(whole)}"
        return f"No problem found from any of {relays} relays"
    return headline(whole)


def _scope(cause: ComparedCause, relays: int) -> str:
    match cause.scope:
        case "everywhere":
            count = len(cause.seen_from)
            return (
                f"from {'both' if relays == 2 else f'all {relays}'} relays"
                if count == relays
                else _from(cause)
            )
        case "one-network":
            return f"only from {cause.seen_from[0]}"
    return _from(cause)


def _from(cause: ComparedCause) -> str:
    return f"from {listed(cause.seen_from)}"
