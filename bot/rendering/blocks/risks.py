"""The risks of a run: what is there and affects nobody now.

Pure: no network, no clock.
"""

from typing import Final

from bot.rendering.blocks.block_types import Block, TextElement, bullets, rich, run
from bot.rendering.view import View

_DETAILED: Final = 2  # risks with a sentence of evidence; Evidence and Fix steps have the rest
_WHY: Final = 200  # characters of it


def risk_blocks(view: View) -> list[Block]:
    """Name each risk; where nothing else was found, with one sentence of evidence."""
    rows: list[list[TextElement]] = []
    for number, risk in enumerate(view.risks):
        why = risk.evidence[:1] if number < _DETAILED and not view.found else ()
        name = run(f"Risk: {risk.title}", 150, bold=True)
        rows.append([name, *(run(f". {text}", _WHY) for text in why)])
    return [rich(bullets(rows))] if rows else []


def risks_in_text(view: View) -> list[str]:
    """Return the risks as text, where the headline does not name them."""
    return [f"Risk: {risk.title}." for risk in view.risks] if view.found else []
