"""Choose how the progress of a run is shown: by cards or a list, for one relay or several.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.rendering.blocks.message import Message
from bot.rendering.blocks.progress import progress, waiting
from bot.rendering.blocks.relay_progress import RelayProgress, side_by_side
from bot.rendering.blocks.run_header import RunHeader


def progress_message(header: RunHeader, relays: Sequence[RelayProgress], *, cards: bool = False) -> Message:
    """Show the progress of a run: with *cards* one per layer or relay, else by answers or one line per relay."""
    far = relays[0]
    line = waiting(header, far.before) if len(relays) == 1 and far.before is not None else None
    if len(relays) > 1 or (cards and not far.layers):
        shown = side_by_side(header, relays, cards=cards)
        return replace(shown, text=line.text) if line else shown
    if line:
        return line
    return progress(header, far.passed, far.done, far.total, far.layers if cards else ())
