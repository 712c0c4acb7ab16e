"""Progress as Slack's plan block: one task card per layer, or per relay, that says what it waits for.

Pure: no network, no clock. A streamed message gets the same cards as chunks: see `stream_chunks.py`.
"""

from collections.abc import Sequence
from typing import Final

from bot.rendering.blocks.block_types import Block, words
from bot.rendering.layer_progress import LayerProgress

TITLE: Final = 150  # characters of the title of a plan or a card
RELAYS: Final = 20  # cards


def layer_plan(layers: Sequence[LayerProgress], done: int, total: int) -> Block:
    """Make a card per layer."""
    cards = [
        _card(f"layer_{number}", f"{each.layer}: {each.text}", _status(each))
        for number, each in enumerate(layers, 1)
    ]
    return plan_of(f"{done} of {total} checks done", cards)


def relay_plan(relays: Sequence[tuple[str, str, str]]) -> Block:
    """Make a card per relay from its name, its state in words, and its outcome if it has ended."""
    cards = [
        _card(f"relay_{number}", f"{name}: {state}", "complete" if outcome else "in_progress")
        for number, (name, state, outcome) in enumerate(relays[:RELAYS], 1)
    ]
    ended = sum(bool(outcome) for _, _, outcome in relays)
    title = f"{ended} of {len(relays)} relays done" if len(relays) > 1 else "Getting ready"
    return plan_of(title, cards)


def plan_of(title: str, cards: Sequence[Block]) -> Block:
    """Make a plan block."""
    return {"type": "plan", "title": words(title, TITLE)["text"], "tasks": list(cards)}


def _card(id_: str, title: str, status: str) -> Block:
    return {"type": "task_card", "task_id": id_, "title": words(title, TITLE)["text"], "status": status}


def _status(layer: LayerProgress) -> str:
    if layer.over and not layer.passed:
        return "error" if layer.failed else "pending"  # what was not checked gets no check mark
    if layer.over:  # one failure among others may be chance
        return "complete"
    return "in_progress" if layer.waits or layer.done else "pending"
