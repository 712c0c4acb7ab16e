"""The per-relay part of a verdict: what each relay found, and what follows from all of them.

Pure: no network, no clock.
"""

from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, bullets, context, lines, rich, run
from bot.rendering.vantage import VantageSummaries, VantageSummary
from probes.protocol.model import REFERENCE

SIGNS: Final = {
    "found": "\N{RIGHT-POINTING MAGNIFYING GLASS}",
    "clear": "\N{WHITE HEAVY CHECK MARK}",
    "unclear": "\N{WHITE QUESTION MARK ORNAMENT}",
}
GONE: Final = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"
_RELAYS: Final = 20
_CAUSES: Final = 12
_FEW: Final = 4
_MISSING: Final = 5


def side_blocks(sides: VantageSummaries) -> list[Block]:
    """List each relay's result, where each of several causes is, and what is missing; for one relay, only the last."""
    blocks: list[Block] = []
    if len(sides.summaries) > 1:
        blocks.append(rich(lines(_row(summary) for summary in sides.summaries[:_RELAYS])))
    if len(sides.compared) > 1:
        room = 250 if len(sides.compared) <= _FEW else 160
        rows = [[run(cause.says, room)] for cause in sides.compared[:_CAUSES]]
        blocks.append(rich(bullets(rows, ordered=True)))
    if sides.disputes:
        blocks.append(rich(bullets([run(text, 400)] for text in sides.disputes[:_FEW])))
    return [*blocks, *missing_blocks(sides), *unchecked_block(sides)]


def missing_blocks(sides: VantageSummaries) -> list[Block]:
    """Say which relays could not check everything, and why."""
    texts = list(sides.missing[:_MISSING])
    left = len(sides.missing) - len(texts)
    if left > 0:
        texts.append(f"and {left} more relays")
    if texts and len(sides.summaries) == 1:
        texts.append("What it did check counts; the rest is not known.")
    return [rich(lines([[run(f"{GONE} {text}", 300)] for text in texts]))] if texts else []


def unchecked_block(sides: VantageSummaries) -> list[Block]:
    """Count, in small text, the causes that no relay could check."""
    if len(sides.summaries) == 1 or not sides.unchecked:
        return []
    count = len(sides.unchecked)
    return [context(f"{count} {'cause' if count == 1 else 'causes'} could not be checked from any relay.")]


def in_text(sides: VantageSummaries | None) -> list[str]:
    """Return the same as text."""
    if sides is None:
        return []
    missing = [text_limits.cut(text, 200) for text in sides.missing[:_MISSING]]
    if len(sides.summaries) == 1:
        return missing
    own = [
        f"{text_limits.cut(summary.relay, 60)}: {text_limits.cut(summary.headline, 90)}"
        for summary in sides.summaries[:_RELAYS]
    ]
    return [
        *(text_limits.cut(cause.says, 250) for cause in sides.compared[:_FEW]),
        f"{'; '.join(own)}.",
        *(text_limits.cut(text, 300) for text in sides.disputes[:_FEW]),
        *missing,
    ]


def _row(summary: VantageSummary) -> list[Block]:
    sign = GONE if summary.missing else SIGNS.get(summary.outcome, "")
    elsewhere = [run(f" ({summary.vantage_text})", italic=True)] if summary.vantage == REFERENCE else []
    return [
        run(f"{sign} "),
        run(summary.relay, 60, bold=True),
        run(f" {text_limits.cut(summary.headline, 80)}"),
        *elsewhere,
    ]
