"""Render what the short answer leaves out of a run on one or several relays.

Pure: no network, no clock.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.comparison import compare, leading
from bot.diagnosis.run_record import RunRecord
from bot.rendering.place_text import network_of, place_of
from bot.rendering.terminal.console import MARK, Line
from bot.rendering.terminal.diagnosis import (
    STYLES,
    render_details,
    render_rules,
    section,
)
from bot.rendering.terminal.guides import render_guides
from bot.rendering.terminal.observations import render_observations
from bot.rendering.verdict_text import short_verdict
from bot.rendering.view import View
from knowledge.model.network import Network

DETAILS: Final = "details"
RULES: Final = "rules"
PREFLIGHT: Final = "preflight"
ALL: Final = "all"
PARTS: Final = (DETAILS, RULES, PREFLIGHT, ALL)


def render_parts(
    records: Sequence[RunRecord], views: Sequence[View], network: Network, parts: Collection[str]
) -> Iterator[Line]:
    """Render the *parts* of a case (`PARTS`), of all its relays."""
    wanted = set(PARTS) if ALL in parts else set(parts)
    first = views[list(records).index(leading(records))]
    if DETAILS in wanted:
        yield from _details(records, views, network, full=ALL in wanted)
    if RULES in wanted:
        yield from render_rules(leading(records), first)
    if PREFLIGHT in wanted and first.preflight:
        yield from render_guides(first.preflight)
    if ALL in wanted:
        yield from section("Every check", render_observations(aggregate(records).observations.values()))


def _details(
    records: Sequence[RunRecord], views: Sequence[View], network: Network, *, full: bool
) -> Iterator[Line]:
    if len(records) == 1:
        yield from render_details(records[0], views[0], network)
    else:
        yield from render_several(records, views, network, full=full)


def render_several(
    records: Sequence[RunRecord],
    views: Sequence[View],
    network: Network,
    *,
    full: bool = False,
) -> Iterator[Line]:
    """Render the comparison, and the details of each relay that found something different; of every one if *full*."""
    comparison = compare(records)
    first = leading(records)
    yield Line()
    yield Line(comparison.says, STYLES[first.diagnosis.outcome])
    yield from (Line(cause.says, indent=2, mark=MARK) for cause in comparison.causes)
    yield from (Line(relay.says, "yellow", indent=2, mark=MARK) for relay in comparison.missing)
    text: list[frozenset[str]] = []
    for record, view in zip(records, views, strict=True):
        found = frozenset(finding.cause for finding in record.diagnosis.found)
        yield Line()
        yield Line(
            f"From {place_of(record)} ({network_of(record.vantage)}): {short_verdict(record)}",
            "bold underline",
        )
        if full or record is first or (found and found not in text):
            yield from render_details(record, view, network)
        text.append(found)
