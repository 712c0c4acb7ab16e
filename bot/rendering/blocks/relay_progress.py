"""Progress of a run on several relays: the state of each, and the problems found so far.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.diagnosis.comparison_text import listed
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, bullets, context, lines, rich, run, title
from bot.rendering.blocks.decision_path import Mark, WalkedQuestion
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.progress import WAIT, bar, begin, others
from bot.rendering.blocks.progress_cards import relay_plan
from bot.rendering.blocks.run_header import RunHeader
from bot.rendering.blocks.vantage_summary import SIGNS
from bot.rendering.layer_progress import LayerProgress
from probes.protocol.model import USER_NETWORK

_RELAYS: Final = 20  # one line each
_FAULTS: Final = 12
_WIDE: Final = 10  # width of a bar in characters


@dataclass(frozen=True, slots=True)
class RelayProgress:
    """Progress of one relay."""

    relay: str
    vantage: str = USER_NETWORK
    passed: Sequence[WalkedQuestion] = ()
    done: int = 0
    total: int = 0
    before: int | None = None  # runs ahead in the queue, while there is no free slot
    ended: str = ""  # its own outcome in words, once it has ended
    outcome: str = ""  # found, clear, or unclear, once it has ended
    layers: Sequence[LayerProgress] = ()

    @property
    def state(self) -> str:
        """The progress in words."""
        if self.ended:
            return self.ended
        if self.before is not None:
            return f"waiting for the relay, {others(self.before)} before this one"
        return f"{self.done} of {self.total} checks done" if self.total else "getting ready"

    @property
    def faults(self) -> list[WalkedQuestion]:
        """The answers so far that are faults."""
        return [step for step in self.passed if step.mark is Mark.FAULT]


def side_by_side(header: RunHeader, relays: Sequence[RelayProgress], *, cards: bool = False) -> Message:
    """Show the progress of each relay, with *cards* as a plan, and each problem with the relays that found it."""
    builder = begin(header, foot=True)
    if cards:
        builder.add(relay_plan([(progress.relay, _noted(progress), progress.outcome) for progress in relays]))
    else:
        builder.add(rich(lines(_row_of_relay(progress) for progress in relays[:_RELAYS])))
    if len(relays) > _RELAYS:
        builder.add(context(f"and {len(relays) - _RELAYS} more relays"))
    faults: dict[tuple[str, str], list[str]] = {}
    for progress in relays:
        for step in progress.faults:
            faults.setdefault((step.asks, step.says), []).append(progress.relay)
    if faults:
        visible = list(faults.items())[:_FAULTS]
        rows = [
            [
                run(f"{text_limits.cut(asks, 150)} "),
                run(f"{text_limits.cut(says, 100)} ", bold=True),
                run(_from(names)),
            ]
            for (asks, says), names in visible
        ]
        builder.add(rich(title("Failed"), bullets(rows)))
    text = "; ".join(
        f"{text_limits.cut(progress.relay, 60)}: {text_limits.cut(progress.state, 100)}"
        for progress in relays[:_RELAYS]
    )
    wrong = "; ".join(
        f"{text_limits.cut(says, 120)} {_from(names)}" for (_, says), names in list(faults.items())[:5]
    )
    more = f" Failed: {wrong}." if wrong else ""
    return builder.message(f"Checking {header.subject}. {text}.{more}")


def _noted(progress: RelayProgress) -> str:
    """Return the state of a relay, with the number of its failures so far."""
    faults = len(progress.faults)
    return f"{progress.state}{f'; {faults} failed' if faults and not progress.ended else ''}"


def _row_of_relay(progress: RelayProgress) -> list[Block]:
    sign = SIGNS.get(progress.outcome, WAIT)
    faults = len(progress.faults)
    noted = f"; {faults} failed" if faults and not progress.ended else ""
    filled = bar(progress.done, progress.total, _WIDE) if progress.total and not progress.ended else ""
    return [
        run(f"{sign} "),
        run(progress.relay, 60, bold=True),
        run(
            f"  {filled}  {text_limits.cut(progress.state, 110)}{noted}"
            if filled
            else f"  {text_limits.cut(progress.state, 110)}"
        ),
    ]


def _from(names: Sequence[str]) -> str:
    return text_limits.cut(f"(from {listed(names)})", 200)
