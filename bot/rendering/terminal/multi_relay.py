"""Render a run on several relays: the comparison first, then the result of each relay.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Sequence

from bot.diagnosis.comparison import compare, leading
from bot.diagnosis.run_record import RunRecord
from bot.rendering.terminal.console import Line
from bot.rendering.terminal.diagnosis import MARK, STYLES, render
from bot.rendering.view import View
from knowledge.model.network import Network
from probes.protocol.model import REFERENCE


def render_several(
    records: Sequence[RunRecord],
    views: Sequence[View],
    network: Network,
    *,
    verbose: bool = False,
    asks: bool = False,
) -> Iterator[Line]:
    """Render the comparison, and the full result of each relay that found something different.

    With *verbose*, every relay's result is full. With *asks*, the next question is left out: the caller asks it.
    """
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
        yield Line(f"From {record.relay} ({_where(record)}): {view.headline}", "bold underline")
        if verbose or record is first or (found and found not in text):
            yield from render(record, view, network, verbose=verbose, asks=asks or record is not first)
        text.append(found)


def _where(record: RunRecord) -> str:
    return "a reference, elsewhere" if record.vantage == REFERENCE else "in the user's network"
