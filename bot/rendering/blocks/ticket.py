"""A run as plain text for a ticket.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import code, context, rich
from bot.rendering.blocks.fixes import for_platform
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import RunHeader, footer
from bot.rendering.verdict_text import named
from bot.rendering.view import View
from knowledge.model.conclusions import Diagnosis

_MOST: Final = 2_900


def ticket(header: RunHeader, view: View, diagnosis: Diagnosis) -> Message:
    """Render the text in preformatted blocks, which have a copy button; long text continues in the next block."""
    text = ticket_text(header, view, diagnosis)
    builder = MessageBuilder()
    builder.last(context("Copy it with the button in the corner of the box."), footer(header))
    for part in _parts(text):
        builder.add(rich(code(part)))
    return builder.message(text, "The rest is in the evidence.")


def ticket_text(header: RunHeader, view: View, diagnosis: Diagnosis) -> str:
    """Return the run as lines of plain text."""
    return "\n".join(text_limits.clean(text) for text in _lines(header, view, diagnosis))


def _lines(header: RunHeader, view: View, diagnosis: Diagnosis) -> Iterator[str]:
    yield view.headline
    yield f"Error {header.subject}, edge {header.edge}, {header.where}"
    when = f"{datetime.fromtimestamp(header.started, UTC):%Y-%m-%d %H:%M UTC}, " if header.started else ""
    yield f"{when}run {header.asked.run or 'not stored'}, {header.took:.1f} s, knowledge {header.digest[:12]}"
    yield from ("", *view.vantages.lines()) if view.vantages else ()
    yield ""
    yield "For the customer:"
    yield from (f"  {text}" for text in view.customer)
    for found in view.advised:
        name = "Risk, nobody is affected now" if found.impact == "risk" else "Cause"
        yield from ("", f"{name}: {named(found)}")
        yield from (f"  evidence: {text_limits.cut(text, 300)}" for text in found.evidence)
        fitting = dict.fromkeys(fix.do for fix in found.fixes if for_platform(fix, header.platform))
        yield from (f"  to do: {text_limits.cut(text, 400)}" for text in fitting)
    yield from _rest(diagnosis)


def _rest(diagnosis: Diagnosis) -> Iterator[str]:
    lists = {
        "Possible": diagnosis.possible,
        "Ruled out": diagnosis.ruled_out,
        "Not checked": diagnosis.not_checked,
    }
    for name, judged in lists.items():
        if judged:
            yield from ("", f"{name}: {'; '.join(item.title for item in judged)}")


def _parts(text: str) -> Iterator[str]:
    """Split *text* between lines; a line longer than a block is truncated."""
    part = ""
    for text_line in text.splitlines():
        visible = text_limits.cut(text_line, _MOST)
        if part and text_limits.size(part) + text_limits.size(visible) + 1 > _MOST:
            yield part
            part = visible
        else:
            part = f"{part}\n{visible}" if part else visible
    if part:
        yield part
