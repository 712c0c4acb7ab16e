"""Two runs of one case side by side: what is gone, what is new, what is still there.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.replies.blocks import fit
from bot.replies.blocks.about import About, byline, footer
from bot.replies.blocks.buttons import button, row
from bot.replies.blocks.message import Message, Sheet
from bot.replies.blocks.pieces import bullets, context, header, rich, run, section, table, title
from bot.replies.blocks.walk import Passed
from knowledge.schema import Diagnosis

_MOST: Final = 15


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between an earlier run and a later one."""

    gone: tuple[str, ...]  # titles of causes found before and not now
    new: tuple[str, ...]
    still: tuple[str, ...]
    answers: tuple[tuple[str, str, str], ...]  # question, before, now

    @property
    def resolved(self) -> bool:
        """Whether something was found before, and nothing is now."""
        return bool(self.gone) and not self.new and not self.still


def change(before: Diagnosis, now: Diagnosis, was: Sequence[Passed], are: Sequence[Passed]) -> Change:
    """Compare two diagnoses, and the answers *was* and *are* on their ways."""
    old = {one.cause: one.title for one in before.found}
    new = {one.cause: one.title for one in now.found}
    said = {one.question: one for one in was}
    return Change(
        gone=tuple(text for cause, text in old.items() if cause not in new),
        new=tuple(text for cause, text in new.items() if cause not in old),
        still=tuple(text for cause, text in new.items() if cause in old),
        answers=tuple(
            (one.asks, said[one.question].says, one.says)
            for one in are
            if one.question in said and said[one.question].says != one.says
        ),
    )


def compared(earlier: About, one: About, what: Change, outcome: str) -> Message:
    """Say what changed between two runs; *outcome* is the later one's: found, clear or unclear."""
    sheet = Sheet()
    sheet.last(
        row(
            button("again", "Test again", one.asked, style="primary" if outcome == "found" else ""),
            button("evidence", "Evidence", one.asked),
        ),
        footer(one, f"compared with run {fit.quote(earlier.asked.run, 80)}"),
    )
    name = _name(what, outcome)
    sheet.add(header(name), byline(one))
    for label, titles in _lists(what).items():
        sheet.add(rich(title(label), bullets([run(text, 200)] for text in titles[:_MOST])))
    if what.answers:
        grid, left = table([("Question", "Before", "Now"), *what.answers], [{"is_wrapped": True}] * 3)
        sheet.add(grid)
        if left:
            sheet.add(context(f"and {left} more answers"))
    elif not (what.gone or what.new):
        sheet.add(section("Every answer is the same as before."))
    return sheet.message(f"{name}. {' '.join(_in_text(what))}")


def _name(what: Change, outcome: str) -> str:
    if what.resolved and outcome == "clear":
        return "\N{WHITE HEAVY CHECK MARK} Resolved: nothing wrong is seen any more"
    if what.gone or what.new:
        return "Something has changed"
    return "Still the same" if what.still else "Nothing has changed in what was found"


def _lists(what: Change) -> Mapping[str, Sequence[str]]:
    lists = {"Gone": what.gone, "New": what.new, "Still there": what.still}
    return {name: titles for name, titles in lists.items() if titles}


def _in_text(what: Change) -> Iterator[str]:
    for name, titles in _lists(what).items():
        yield f"{name}: {'; '.join(fit.cut(text, 120) for text in titles)}."
    for asks, before, now in what.answers[:8]:
        yield f"{fit.cut(asks, 120)} Before: {fit.cut(before, 80)}; now: {fit.cut(now, 80)}."
