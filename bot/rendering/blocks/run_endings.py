"""Messages of runs without a verdict: stopped, interrupted, or about to start again.

Pure: no network, no clock.
"""

from dataclasses import replace

from bot.rendering.blocks.block_types import header, section
from bot.rendering.blocks.elements import button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import RunHeader, byline, footer, mention


def stopped(header: RunHeader, by: str, done: int, total: int) -> Message:
    """Confirm that a run was stopped, with the number of finished checks."""
    who = f" by {named}" if (named := mention(by)) else ""
    builder = _again(header, f"Stopped: {header.subject}")
    builder.add(
        section(f"Stopped{who} after {done} of {total} checks. The results are stored; there is no verdict.")
    )
    return builder.message(
        f"Stopped: {header.subject}, after {done} of {total} checks. The results are stored; "
        "there is no verdict."
    )


def lost(header: RunHeader, done: int, total: int) -> Message:
    """Report a run that a restart interrupted for good."""
    happened = f"Lineman was restarted {'twice ' if header.restarted else ''}while this ran"
    builder = _again(replace(header, restarted=False), f"Interrupted: {header.subject}")
    builder.add(
        section(
            f"{happened}, after {done} of {total} checks, so there is no verdict. "
            "This does not mean that the network has a fault."
        )
    )
    return builder.message(
        f"Interrupted: {header.subject}. {happened}, after {done} of {total} checks. There is no verdict. "
        "Test again."
    )


def restarting(run_header: RunHeader) -> Message:
    """Say in a run's message, while Lineman stops, that the run starts again by itself."""
    text = (
        "Lineman is being restarted. This diagnosis then starts again by itself. If it does not within "
        "10 minutes, ask for it again."
    )
    builder = MessageBuilder()
    builder.last(footer(run_header))
    builder.add(header(f"Interrupted: {run_header.subject}"), byline(run_header), section(text))
    return builder.message(f"Interrupted: {run_header.subject}. {text}")


def _again(run_header: RunHeader, name: str) -> MessageBuilder:
    builder = MessageBuilder()
    builder.last(row(button("again", "Test again", run_header.asked, style="primary")), footer(run_header))
    builder.add(header(name), byline(run_header))
    return builder
