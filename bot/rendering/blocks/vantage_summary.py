"""The per-relay part of a verdict: what each relay found, and what follows from all of them.

Pure: no network, no clock.
"""

from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, bullets, context, lines, paragraph, rich, run, title
from bot.rendering.vantage import VantageSummaries, VantageSummary

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
    """List each relay's result, the owner of each cause, and what is missing; for one relay, only what is missing."""
    blocks: list[Block] = []
    if len(sides.summaries) > 1:
        blocks.append(
            rich(title("From each relay"), lines(_row(summary) for summary in sides.summaries[:_RELAYS]))
        )
    if sides.compared:
        room = 400 if len(sides.compared) <= _FEW else 160
        rows = [[run(cause.says, room)] for cause in sides.compared[:_CAUSES]]
        blocks.append(rich(title("Whose fault it is"), bullets(rows)))
    return [*blocks, *missing_blocks(sides)]


def missing_blocks(sides: VantageSummaries) -> list[Block]:
    """List the relays with missing results, and the reasons."""
    rows = [[run(text, 350)] for text in sides.missing[:_MISSING]]
    left = len(sides.missing) - len(rows)
    if left > 0:
        rows.append([run(f"and {left} more relays")])
    blocks = [rich(title(f"{GONE} Not everything could be looked at"), bullets(rows))] if rows else []
    if rows and len(sides.summaries) == 1:
        blocks.append(
            rich(
                paragraph(run("What it saw counts; the rest is not known, and nobody's fault.", italic=True))
            )
        )
    return blocks


def unchecked_block(sides: VantageSummaries | None) -> list[Block]:
    """Name, in small text, the causes that no relay could check."""
    if sides is None or len(sides.summaries) == 1 or not sides.unchecked:
        return []
    visible = "; ".join(text_limits.quote(text_limits.line(text), 80) for text in sides.unchecked[:_FEW])
    left = len(sides.unchecked) - _FEW
    more = f"; and {left} more" if left > 0 else ""
    return [context(f"*Looked at from no relay ({len(sides.unchecked)}):* {visible}{more}")]


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
        *missing,
    ]


def _row(summary: VantageSummary) -> list[Block]:
    sign = GONE if summary.missing else SIGNS.get(summary.outcome, "")
    return [
        run(f"{sign} "),
        run(summary.relay, 60, bold=True),
        run(f"  {text_limits.cut(summary.headline, 110)}"),
        run(f"  ({summary.vantage_text})", italic=True),
    ]
