"""Summarize each relay's result, and the overall headline.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.diagnosis.aggregate import aggregate, unchecked_by_all
from bot.diagnosis.compared import DISPUTED, ComparedCause
from bot.diagnosis.comparison import compare, missing_from
from bot.diagnosis.comparison_text import listed, relay_text
from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from bot.rendering.vantage import VantageSummaries, VantageSummary
from bot.rendering.verdict_text import short_verdict, verdict_text
from bot.rendering.view import View, make_view
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE

_DISAGREE: Final = "Could not tell: relay and customer's browser disagree"


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
    summaries = replace(sides(records, causes), disputes=_disputes(records, knowledge))
    if len(records) == 1:
        return replace(view, vantages=summaries) if summaries.missing else view
    text = verdict_text(whole, view.meaning, causes, len(records))
    if summaries.disputes and whole.diagnosis.outcome == "unclear":
        text = _DISAGREE
    return replace(view, headline=text, vantages=summaries)


def sides(records: Sequence[RunRecord], causes: Sequence[ComparedCause]) -> VantageSummaries:
    """Summarize each of *records*, and the scope of the *causes* that were found."""
    return VantageSummaries(
        tuple(side_of(record) for record in records),
        tuple(causes),
        tuple(judged.title for judged in unchecked_by_all(records)),
        seen_from={cause.cause: listed(cause.seen_from) for cause in causes},
    )


def _disputes(records: Sequence[RunRecord], knowledge: Knowledge) -> tuple[str, ...]:
    """Say which questions a relay and the customer's browser answer differently."""
    found = {
        f"{knowledge.questions[answered.question].asks} {answered.because[:1].upper()}{answered.because[1:]}."
        for record in records
        if record.relay != BROWSER_RELAY
        for answers in record.answers.values()
        for answered in answers.values()
        if answered.because.endswith(DISPUTED)
    }
    return tuple(sorted(found))


def side_of(record: RunRecord) -> VantageSummary:
    """Summarize one relay's result; for a reference relay, only whether the service works from there."""
    missing = missing_from(record)
    outcome, text = record.diagnosis.outcome, short_verdict(record)
    if missing and missing.looks == missing.of:
        outcome, text = "unclear", "Could not test"
    elif record.vantage == REFERENCE and outcome != "found":
        failed = sum(look.has_result and look.failure is not None for look in record.observations.values())
        looks = "1 check failed" if failed == 1 else f"{failed} checks failed"
        text = f"{looks} from there too" if failed else "The service is up"
        outcome = "unclear" if failed or missing else "clear"
    return VantageSummary(
        relay_text(record.relay), record.vantage, outcome, text, missing.says if missing else ""
    )


def result_of(record: RunRecord) -> tuple[str, str, str]:
    """Return one relay's name, where it is, and its result, in words."""
    side = side_of(record)
    return side.relay, side.vantage_text, side.headline
