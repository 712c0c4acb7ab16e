"""Render what changed between two runs: fixed, new, and remaining causes, and changed answers.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Sequence

from bot.diagnosis.run_record import RunRecord
from bot.rendering.blocks.run_diff import Change, what_changed
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
    yield Line(f"{_headline(change)} {later or 'This run'} compared with {earlier}.", "bold")
    gone, new, still = change.labels
    for title, texts in (
        ("Different request", change.asked),
        (gone, change.gone),
        (new, change.new),
        (still, change.still),
        ("Not checked this time", change.unknown),
        ("From other relays", change.elsewhere),
    ):
        yield from section(title, items(texts))
    yield from section(
        "Answers that changed", items(f"{asks} {was}, now {is_}" for asks, was, is_ in change.answers)
    )


def _headline(change: Change) -> str:
    if change.resolved:
        return "Fixed."
    if change.asked:
        return "Not the same test."
    if not change.comparable:
        return "The runs have no relay in common."
    if change.gone or change.new:
        return "Something changed."
    if change.unknown:
        return "Not everything could be checked again."
    return "Still failing." if change.still else "No change."
