"""Render what changed between two runs: fixed, new, and remaining causes, and changed answers.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Sequence

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.run_record import RunRecord
from bot.rendering.blocks.run_diff import change_headline, change_lists, what_changed
from bot.rendering.terminal.console import Line
from bot.rendering.terminal.diagnosis import items, section
from knowledge.model.schema import Knowledge


def render_changes(
    earlier: str,
    before: Sequence[RunRecord],
    later: str,
    now: Sequence[RunRecord],
    knowledge: Knowledge,
) -> Iterator[Line]:
    """Compare the runs with the ids *earlier* and *later*."""
    change = what_changed(before, now, knowledge)
    yield Line()
    outcome = aggregate(now).diagnosis.outcome
    yield Line(f"{change_headline(change, outcome)}. {later or 'This run'} compared with {earlier}.", "bold")
    for title, texts in change_lists(change).items():
        yield from section(title, items(texts))
    yield from section(
        "Answers that changed", items(f"{asks} {was}, now {is_}" for asks, was, is_ in change.answers)
    )
