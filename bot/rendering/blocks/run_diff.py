"""Compare two runs of a case: fixed, new, and remaining causes, changed answers, and other relays.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.comparison import compare, missing_from
from bot.diagnosis.run_record import RunRecord
from bot.model.request import Request
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import bullets, context, header, rich, run, section, table, title
from bot.rendering.blocks.decision_path import WalkedQuestion, walked
from bot.rendering.blocks.elements import button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import RunHeader, byline, footer
from bot.rendering.vantage_summary import side_of
from knowledge.model.conclusions import Diagnosis
from knowledge.model.schema import Knowledge

_MOST: Final = 15


@dataclass(frozen=True, slots=True)
class Change:
    """The differences between an earlier run and a later one."""

    gone: tuple[str, ...]  # titles of causes found before, but not now
    new: tuple[str, ...]
    still: tuple[str, ...]
    answers: tuple[tuple[str, str, str], ...]  # question, before, now
    unknown: tuple[str, ...] = ()  # found before, but not checked this time
    elsewhere: tuple[str, ...] = ()  # sentences about relays that took part in only one of the runs
    comparable: bool = True  # whether any relay took part in both
    asked: tuple[
        str, ...
    ] = ()  # sentences about another code, platform, or edge: then a difference fixes nothing

    @property
    def resolved(self) -> bool:
        """Whether something was found before and nothing is now, on the same relays."""
        left = self.new or self.still or self.unknown or self.elsewhere
        return bool(self.gone) and not (left or self.asked)

    @property
    def labels(self) -> tuple[str, str, str]:
        """What to call the causes that were found before, now, and both times."""
        if self.asked:
            return "Found only before", "Found only this time", "Found both times"
        return "Fixed", "New", "Still failing"


def what_changed(before: Sequence[RunRecord], now: Sequence[RunRecord], knowledge: Knowledge) -> Change:
    """Compare two runs relay by relay; results of other relays are listed separately, not as changes."""
    earlier = {record.relay: record for record in before}
    several = len(before) > 1 or len(now) > 1
    both = [(earlier[record.relay], record) for record in now if record.relay in earlier]
    total = Change((), (), (), (), comparable=bool(both))
    for old, new in both:
        walks = (walked(old, knowledge), walked(new, knowledge))
        total = _sum(total, change(old.diagnosis, new.diagnosis, *walks), new, several=several)
    asked = _asked(before[0].request, now[0].request, knowledge) if before and now else ()
    return replace(total, elsewhere=tuple(_elsewhere(before, now)), asked=tuple(asked))


def _asked(old: Request, new: Request, knowledge: Knowledge) -> Iterator[str]:
    """Name what the two requests do not share: a cause of another platform is no change."""
    titles = {platform.id: platform.title for platform in knowledge.platforms.values()}
    for name, was, is_ in (
        ("Code", old.code, new.code),
        ("Platform", *(titles.get(item.platform or "", "all") for item in (old, new))),
        ("Edge", old.edge, new.edge),
    ):
        if was != is_:
            yield f"{name}: {was}, now {is_}"


def _sum(total: Change, change: Change, record: RunRecord, *, several: bool) -> Change:
    """Add one relay's changes; a cause that it could not check this time does not count as fixed."""
    suffix = f" (from {record.relay})" if several else ""
    fine = {judged.title for judged in record.diagnosis.ruled_out}
    lost = {text for text in change.gone if missing_from(record) and text not in fine}

    def named(titles: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"{text}{suffix}" for text in titles)

    return replace(
        total,
        gone=(*total.gone, *named(text for text in change.gone if text not in lost)),
        new=(*total.new, *named(change.new)),
        still=(*total.still, *named(change.still)),
        unknown=(*total.unknown, *named(text for text in change.gone if text in lost)),
        answers=(*total.answers, *((f"{asks}{suffix}", was, is_) for asks, was, is_ in change.answers)),
    )


def _elsewhere(before: Sequence[RunRecord], now: Sequence[RunRecord]) -> Iterator[str]:
    """List the results of relays that took part in one run only, and the comparison of all relays."""
    left = [record for record in before if record.relay not in {run_record.relay for run_record in now}]
    came = [record for record in now if record.relay not in {run_record.relay for run_record in before}]
    for record in left:
        yield f"{record.relay} was used before, but not this time: {side_of(record).headline}."
    for record in came:
        yield f"{record.relay} was not used before: {side_of(record).headline}."
    if left or came:
        yield from (cause.says for cause in compare([*left, *now]).causes)


def change(
    before: Diagnosis, now: Diagnosis, was: Sequence[WalkedQuestion], are: Sequence[WalkedQuestion]
) -> Change:
    """Compare two diagnoses and the answers on their decision paths, *was* and *are*."""
    old = {finding.cause: finding.title for finding in before.found}
    new = {finding.cause: finding.title for finding in now.found}
    steps_walked = {walked.question: walked for walked in was}
    return Change(
        gone=tuple(text for cause, text in old.items() if cause not in new),
        new=tuple(text for cause, text in new.items() if cause not in old),
        still=tuple(text for cause, text in new.items() if cause in old),
        answers=tuple(
            (walked.asks, steps_walked[walked.question].says, walked.says)
            for walked in are
            if walked.question in steps_walked and steps_walked[walked.question].says != walked.says
        ),
    )


def compared(earlier: RunHeader, run_header: RunHeader, what: Change, outcome: str) -> Message:
    """Render what changed between two runs; *outcome* is the later run's: found, clear, or unclear."""
    builder = MessageBuilder()
    builder.last(
        row(
            button("again", "Test again", run_header.asked, style="primary" if outcome == "found" else ""),
            button("evidence", "Evidence", run_header.asked),
        ),
        footer(run_header, f"Compared with run {text_limits.quote(earlier.asked.run, 80)}"),
    )
    name = change_headline(what, outcome)
    sign = "\N{WHITE HEAVY CHECK MARK} " if what.resolved and outcome == "clear" else ""
    builder.add(header(f"{sign}{name}"), byline(run_header))
    for label, titles in change_lists(what).items():
        builder.add(rich(title(label), bullets([run(text, 320)] for text in titles[:_MOST])))
    if what.answers:
        grid, left = table([("Question", "Before", "Now"), *what.answers], [{"is_wrapped": True}] * 3)
        builder.add(grid)
        if left:
            builder.add(context(f"and {left} more answers"))
    elif what.comparable and not (what.gone or what.new or what.unknown):
        builder.add(section("No answer changed."))
    return builder.message(f"{name}. {' '.join(_in_text(what))}")


def change_headline(what: Change, outcome: str) -> str:
    """Return the difference in one line, without a full stop; *outcome* is the later run's."""
    if what.resolved:
        return "Fixed: no problem found" if outcome == "clear" else "Fixed"
    if what.asked:
        return "Not the same test as before"
    if not what.comparable:
        return "The runs have no relay in common"
    if what.gone or what.new:
        return "Something changed"
    if what.unknown:
        return "Not everything could be checked again"
    return "Still failing" if what.still else "No change"


def change_lists(what: Change) -> Mapping[str, Sequence[str]]:
    """Return the lists of the difference that have something in them, by title."""
    gone, new, still = what.labels
    lists = {
        "Different request": what.asked,
        gone: what.gone,
        new: what.new,
        still: what.still,
        "Not checked this time": what.unknown,
        "From other relays": what.elsewhere,
    }
    return {name: titles for name, titles in lists.items() if titles}


def _in_text(what: Change) -> Iterator[str]:
    for name, titles in change_lists(what).items():
        yield f"{name}: {'; '.join(text_limits.cut(text.rstrip('.'), 250) for text in titles)}."
    for asks, before, now in what.answers[:8]:
        yield f"{text_limits.cut(asks, 120)} Before: {text_limits.cut(before, 80)}; now: {text_limits.cut(now, 80)}."
