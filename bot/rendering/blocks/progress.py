"""Progress of a run on one relay: the layers or the answers so far, and how many checks are done.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from typing import Final

from bot.rendering.blocks.block_types import Block, context, header, lines, paragraph, rich, run
from bot.rendering.blocks.decision_path import Mark, WalkedQuestion
from bot.rendering.blocks.elements import Confirm, button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.progress_cards import layer_plan
from bot.rendering.blocks.run_header import RunHeader, byline, footer
from bot.rendering.layer_progress import LayerProgress

WAIT: Final = "\N{HOURGLASS WITH FLOWING SAND}"
STOP: Final = Confirm(
    "Stop this diagnosis?",
    "Results so far are stored, but there will be no verdict. Nothing in the network was changed.",
    "Stop it",
    "Keep going",
)
_BAR: Final = 20  # width in characters
_SHOWN: Final = 12  # answers that are shown; earlier ones are counted


def acknowledged(header: RunHeader) -> Message:
    """Confirm the request before anything is known."""
    builder = begin(header)
    builder.add(context("Choosing the checks. This takes a few seconds."))
    return builder.message(f"Checking {header.subject}, {header.where}. The verdict will be in this message.")


def waiting(header: RunHeader, before: int) -> Message:
    """Confirm the request, with *before* runs ahead in the queue."""
    base, count = acknowledged(header), f"{others(before)} before this one"
    line = context(f"Waiting for the relay: {count}.")
    return Message(f"{base.text} Waiting: {count}.", (*base.blocks[:2], line, *base.blocks[3:]))


def others(before: int) -> str:
    """Return how many runs are ahead, in words."""
    return "one diagnosis is" if before == 0 else f"{before + 1} diagnoses are"


def progress(
    header: RunHeader,
    passed: Sequence[WalkedQuestion],
    done: int,
    total: int,
    layers: Sequence[LayerProgress] = (),
) -> Message:
    """Show the progress as a card per layer, with the failures so far; without *layers*, as a list of answers."""
    builder = begin(header, foot=True)
    text = _so_far(header, passed, done, total)
    if layers:
        builder.add(layer_plan(layers, done, total))
        if faults := [step for step in passed if step.mark is Mark.FAULT][:_SHOWN]:
            builder.add(rich(lines(row_of(step) for step in faults)))
        return builder.message(text)
    steps_walked = passed[-_SHOWN:]
    if steps_walked:
        builder.add(rich(lines(row_of(step) for step in steps_walked)))
    if len(steps_walked) < len(passed):
        builder.add(context(f"and {len(passed) - len(steps_walked)} earlier answers"))
    builder.add(rich(paragraph(run(bar(done, total)), run(f"  {done} of {total} checks done"))))
    return builder.message(text)


def bar(done: int, total: int, width: int = _BAR) -> str:
    """Return a progress bar of characters; the numbers are shown next to it."""
    filled = min(width, width * done // total) if total > 0 else 0
    return "\N{FULL BLOCK}" * filled + "\N{LIGHT SHADE}" * (width - filled)


def begin(run_header: RunHeader, *, foot: bool = False) -> MessageBuilder:
    """Start the message of a run in progress: title and Stop button."""
    builder = MessageBuilder()
    builder.last(row(button("stop", "Stop", run_header.asked, speak="Stop this diagnosis", confirm=STOP)))
    if foot:
        builder.last(footer(run_header))
    builder.add(header(f"{WAIT} Checking {run_header.subject}"), byline(run_header))
    return builder


def row_of(step: WalkedQuestion) -> list[Block]:
    """Render one answer: sign, question, answer, and the word for the sign."""
    return [
        run(f"{step.mark.sign} "),
        run(f"{step.asks} ", 300),
        run(f"{step.says} ", 300, bold=True),
        run(f"({step.mark.word})"),
    ]


def _so_far(header: RunHeader, passed: Sequence[WalkedQuestion], done: int, total: int) -> str:
    faults = [step for step in passed if step.mark is Mark.FAULT]
    found = "; ".join(f"{step.asks} {step.says}" for step in faults[:5])
    text = f" Failed: {found}." if faults else " No problem so far."
    return f"Checking {header.subject}: {done} of {total} checks done.{text if passed else ''}"
