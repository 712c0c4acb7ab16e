"""What several relays saw of the same looks, as a table with a column for each relay.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from typing import Final

from bot.replies.blocks import fit
from bot.replies.blocks.pieces import Block, table
from bot.replies.blocks.walk import Mark
from bot.replies.words import ACTS, place
from bot.triage import CaseRecord
from probes.protocol.model import REFERENCE, Observation

RELAYS: Final = 19  # a table of Slack has 20 columns
_CELL: Final = 40


def side_by_side(records: Sequence[CaseRecord]) -> tuple[Block, int]:
    """Make the table, and count the rows that did not fit: where relays differ first, then what fails everywhere."""
    shown = records[:RELAYS]
    steps = dict.fromkeys(step for record in shown for step in record.observations)
    looks = [[record.observations.get(step) for record in shown] for step in steps]
    head = ("Look", *(_name(record) for record in shown))
    rows = [_row(one) for one in sorted(looks, key=_group_order)]
    return table([head, *rows], [{"is_wrapped": True}] * len(head))


def sign(look: Observation) -> Mark:
    """How *look* ended: as it should, not, or not looked at."""
    if look.failure is None:
        return Mark.FINE
    return Mark.FAULT if look.looked else Mark.UNKNOWN


def seen_from(look: Observation) -> str:
    """Say from which of several relays *look* was taken; empty where there is only one."""
    relay = look.facts.get("relay")
    return f" (from {relay})" if relay else ""


def _name(record: CaseRecord) -> str:
    return f"{record.relay} (elsewhere)" if record.vantage == REFERENCE else record.relay


def _group_order(looks: Sequence[Observation | None]) -> int:
    marks = {sign(look) for look in looks if look} - {Mark.UNKNOWN}
    if len(marks) > 1:
        return 0
    return 3 if not marks else 1 if Mark.FAULT in marks else 2


def _row(looks: Sequence[Observation | None]) -> list[str]:
    one = next(look for look in looks if look)
    return [fit.cut(f"{ACTS.get(one.probe, one.probe)} {place(one)}", 90), *map(_cell, looks)]


def _cell(look: Observation | None) -> str:
    if look is None:
        return f"{Mark.UNKNOWN.sign} not asked"
    mark = sign(look)
    word = str(look.failure).replace("_", " ") if look.failure else mark.word
    return fit.cut(f"{mark.sign} {word}", _CELL)
