"""Evidence for network engineers: every check with its result and time, every judgment with its reason.

Pure: no network, no clock.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.diagnosis.run_record import RunRecord
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    Block,
    bullets,
    code,
    context,
    header,
    image,
    lines,
    rich,
    run,
    table,
    title,
)
from bot.rendering.blocks.decision_path import Mark, WalkedQuestion, in_words
from bot.rendering.blocks.elements import button, row
from bot.rendering.blocks.message import Message, MessageBuilder, first_that_fits
from bot.rendering.blocks.progress import row_of
from bot.rendering.blocks.run_header import RunHeader, byline, footer
from bot.rendering.failure_text import ACTS, outcome, place, sentence
from bot.rendering.reasons import Group
from bot.rendering.view import View
from knowledge.model.conclusions import Diagnosis, Judged
from probes.protocol.model import REFERENCE, Observation

_LISTED: Final = 12  # per list; the JSON has all of them
_RIGHT: Final = {"align": "right"}
_COLUMNS: Final[Sequence[Mapping[str, Any]]] = ({"is_wrapped": True}, {}, {"is_wrapped": True}, _RIGHT)


def evidence(
    run_header: RunHeader,
    view: View,
    diagnosis: Diagnosis,
    observations: Iterable[Observation],
    records: Sequence[RunRecord] = (),
) -> Message:
    """Render the evidence: failed checks first, then successful ones, then those without a result.

    With the *records* of several relays, the table has one column per relay.
    """
    looks = sorted(observations, key=_order)
    builder = first_that_fits(
        _evidence_blocks(run_header, view, diagnosis, looks, records, most) for most in _SENTENCES
    )
    return builder.message(in_text(run_header, looks), "The rest is in the JSON.")


def _evidence_blocks(
    run_header: RunHeader,
    view: View,
    diagnosis: Diagnosis,
    looks: Sequence[Observation],
    records: Sequence[RunRecord],
    most: int | None,
) -> MessageBuilder:
    """Build it with *most* sentences for each cause; None: all of them."""
    builder = MessageBuilder()
    builder.last(
        row(
            button(
                "raw", "Everything as JSON", run_header.asked, speak="Upload the whole run as a JSON file"
            ),
            button("tree", "How it was decided", run_header.asked),
        ),
        footer(
            run_header,
            f"TURN: {text_limits.quote(run_header.turn, 150)}",
            f"knowledge {text_limits.quote(run_header.digest[:12], 20)}",
        ),
    )
    builder.add(header(f"Evidence: {run_header.subject}"), byline(run_header))
    grid, left = side_by_side(records) if len(records) > 1 else table([HEAD, *map(_cells, looks)], _COLUMNS)
    builder.add(grid)
    if len(records) > RELAYS:
        builder.add(context(f"{len(records) - RELAYS} more relays are in the JSON."))
    if left:
        builder.add(context(f"{left} more checks are in the JSON."))
    if most == 0:
        builder.add(rich(title("Found"), bullets([run(found.title, 150)] for found in view.advised)))
    for found in view.advised if most != 0 else ():
        texts = found.evidence[:most]
        name = "Risk" if found.impact == "risk" else "Why"
        builder.add(rich(title(f"{name}: {found.title}"), bullets([run(text, 400)] for text in texts)))
    for name, items in _lists(view, diagnosis, {look.step: look for look in looks}):
        builder.add(rich(title(name), bullets(items)))
    return builder


_SENTENCES: Final = (None, 1, 0)  # of evidence for each cause: the first number that fits
HEAD: Final = ("Check", "Result", "Details", "ms")


def in_text(header: RunHeader, looks: Sequence[Observation]) -> str:
    """Return the failures as text, and how many checks succeeded."""
    failed = [look for look in looks if look.has_result and look.failure is not None]
    fine = sum(look.failure is None for look in looks)
    text = "; ".join(text_limits.cut(sentence(look), 200) for look in failed[:12])
    return f"Evidence for {header.subject}: {fine} of {len(looks)} checks passed. {text or 'None failed'}."


def step(run_header: RunHeader, look: Observation) -> Message:
    """Render one check with all its facts."""
    builder = MessageBuilder()
    builder.last(footer(run_header))
    builder.add(header(f"{sign(look).sign} {ACTS.get(look.probe, look.probe)} {place(look)}"))
    builder.add(
        rich({"type": "rich_text_section", "elements": [run(f"{outcome(look)} ({sign(look).word})")]})
    )
    facts = json.dumps(dict(look.facts), ensure_ascii=False, indent=1, default=str)
    if look.facts:
        builder.add(rich(title("Details"), code(facts)))
    return builder.message(f"{sentence(look)}.", "The rest is in the JSON.")


def tree(run_header: RunHeader, passed: Sequence[WalkedQuestion], file: str = "", note: str = "") -> Message:
    """Render the decision path: the picture by its *file* id, and the same as text; *note* is small text."""
    builder = MessageBuilder()
    builder.last(footer(run_header, *([note] if note else [])))
    builder.add(header(f"How it was decided: {run_header.subject}"))
    if file:
        builder.add(image(file, in_words(passed), "The questions, in the order in which they were asked"))
    if passed:
        builder.add(rich(lines(row_of(at) for at in passed[:40])))
    return builder.message(f"How it was decided: {in_words(passed) or 'nothing was asked.'}")


def _order(look: Observation) -> int:
    return (Mark.FAULT, Mark.FINE, Mark.UNKNOWN).index(sign(look))


def _cells(look: Observation) -> tuple[str, str, str, str]:
    what = f"{ACTS.get(look.probe, look.probe)} {place(look)}"
    mark = sign(look)
    spent = f"{look.runtime * 1000:.0f}" if look.has_result else ""
    return text_limits.cut(what, 110), f"{mark.sign} {mark.word}", text_limits.cut(_back(look), 120), spent


def _back(look: Observation) -> str:
    """Summarize a result: the failure, or the most important facts."""
    if look.failure is not None:
        return outcome(look)
    facts = look.facts
    texts = [
        f"{name} {facts[name]}"
        for name in ("address", "version", "status", "mapping", "relayed")
        if facts.get(name)
    ]
    if addresses := facts.get("addresses"):
        texts.append(", ".join(map(str, addresses[:3])) if isinstance(addresses, list) else str(addresses))
    return "; ".join(texts) or "as expected"


def _lists(
    view: View, diagnosis: Diagnosis, looks: Mapping[str, Observation]
) -> Iterator[tuple[str, list[list[Block]]]]:
    unexplained = [
        [run(f"{sentence(looks[id_])}{seen_from(looks[id_])}", 300)]
        for id_ in diagnosis.unexplained[:_LISTED]
        if id_ in looks
    ]
    lists = {
        "Observed, not explained by these causes": unexplained,
        "Side effects (fixed by the same change)": _judged(diagnosis.explained),
        "Possible": _judged(diagnosis.possible),
        "Ruled out": _judged(diagnosis.ruled_out),
        "Not checked": [_group(group) for group in view.not_checked[:_LISTED]],
    }
    yield from ((name, items) for name, items in lists.items() if items)


def _judged(judged: Sequence[Judged]) -> list[list[Block]]:
    return [[run(item.title, 120, bold=True), run(f": {item.because}", 250)] for item in judged[:_LISTED]]


def _group(group: Group) -> list[Block]:
    return [run("; ".join(group.titles), 300, bold=True), run(f": {group.reason}", 300)]


RELAYS: Final = 19  # Slack's tables have 20 columns


_CELL: Final = 40


def side_by_side(records: Sequence[RunRecord]) -> tuple[Block, int]:
    """Return a table of checks by relay, differences first, then common failures; and how many rows were left out."""
    run_records = records[:RELAYS]
    steps = dict.fromkeys(step for record in run_records for step in record.observations)
    looks = [[record.observations.get(step) for record in run_records] for step in steps]
    head = ("Check", *(_name(record) for record in run_records))
    rows = [_row(observations) for observations in sorted(looks, key=_group_order)]
    return table([head, *rows], [{"is_wrapped": True}] * len(head))


def sign(look: Observation) -> Mark:
    """Return the mark of an observation: fine, fault, or without a result."""
    if look.failure is None:
        return Mark.FINE
    return Mark.FAULT if look.has_result else Mark.UNKNOWN


def seen_from(look: Observation) -> str:
    """Return the relay that made the observation, in parentheses; empty if there is only one relay."""
    relay = look.facts.get("relay")
    return f" (from {relay})" if relay else ""


def _name(record: RunRecord) -> str:
    return f"{record.relay} (elsewhere)" if record.vantage == REFERENCE else record.relay


def _group_order(looks: Sequence[Observation | None]) -> int:
    marks = {sign(look) for look in looks if look} - {Mark.UNKNOWN}
    if len(marks) > 1:
        return 0
    return 3 if not marks else 1 if Mark.FAULT in marks else 2


def _row(looks: Sequence[Observation | None]) -> list[str]:
    observation = next(look for look in looks if look)
    return [
        text_limits.cut(f"{ACTS.get(observation.probe, observation.probe)} {place(observation)}", 90),
        *map(_cell, looks),
    ]


def _cell(look: Observation | None) -> str:
    if look is None:
        return f"{Mark.UNKNOWN.sign} not checked"
    mark = sign(look)
    word = str(look.failure).replace("_", " ") if look.failure else mark.word
    return text_limits.cut(f"{mark.sign} {word}", _CELL)
