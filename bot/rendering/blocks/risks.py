"""The risks of a run: what is there and affects nobody now.

Pure: no network, no clock.
"""

from typing import Final

from bot.rendering.blocks.block_types import Block, bullets, rich, run, title
from bot.rendering.blocks.fixes import first_step
from bot.rendering.view import RISKS, View

_DETAILED: Final = 3  # risks with their evidence and first step; Steps with code has all of them


def risk_blocks(view: View, platform: str) -> list[Block]:
    """Name each risk, with one sentence of evidence and the first step against it."""
    blocks: list[Block] = []
    for risk in view.risks[:_DETAILED]:
        texts = [*risk.evidence[:1], *([step] if (step := first_step(risk, platform)) else [])]
        parts = [bullets([run(text, 350)] for text in texts)] if texts else []
        blocks.append(rich(title(f"Risk: {risk.title}"), *parts))
    if left := [risk.title for risk in view.risks[_DETAILED:]]:
        blocks.append(rich(title(RISKS), bullets([run(text, 150)] for text in left)))
    return blocks


def risks_in_text(view: View) -> list[str]:
    """Return the risks as text, where the headline does not name them."""
    return [f"Risk: {risk.title}." for risk in view.risks] if view.found else []
