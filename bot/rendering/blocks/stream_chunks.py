"""Chunks of a streamed message: how it opens, what changes in its plan of task cards, how it closes.

Pure: no network, no clock. A chunk replaces title and status of the card with its id. Texts have at most 256
characters.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.run_header import RunHeader

_TEXT: Final = 256
_OPEN: Final = ("pending", "in_progress")


def opening(header: RunHeader) -> list[Block]:
    """Open the stream: what is tested, and the run's id, by which the message is found again after a crash."""
    asked = text_limits.quote(f"Checking {header.subject}, {header.where}.", 1_000)
    return [
        {"type": "markdown_text", "text": f"{asked} Run {text_limits.quote(header.asked.run, 80)}."},
        {"type": "plan_update", "title": "Choosing the checks"},
    ]


def plan_in(message: Message) -> Block:
    """Return the plan block of *message*; empty if it has none."""
    return next((block for block in message.blocks if block["type"] == "plan"), {})


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Block]:
    """Return the chunks that turn the plan *before* into *now*; cards that are gone are completed."""
    known = {card["task_id"]: card for card in before.get("tasks", ())}
    wanted = {card["task_id"]: card for card in now.get("tasks", ())}
    chunks = [] if now.get("title") == before.get("title") else [_title(now)]
    gone = [card for id_, card in known.items() if id_ not in wanted]
    return [
        *chunks,
        *_completed(gone),
        *(_task(card, card["status"]) for id_, card in wanted.items() if card != known.get(id_)),
    ]


def closing(shown: Mapping[str, Any]) -> list[Block]:
    """Complete the cards that are open: Slack shows an open card of a stopped stream as an error."""
    return _completed(shown.get("tasks", ()))


def _completed(cards: Sequence[Mapping[str, Any]]) -> list[Block]:
    return [_task(card, "complete") for card in cards if card["status"] in _OPEN]


def _task(card: Mapping[str, Any], status: str) -> Block:
    title = text_limits.cut(card["title"], _TEXT)
    return {"type": "task_update", "id": card["task_id"], "title": title, "status": status}


def _title(plan: Mapping[str, Any]) -> Block:
    return {"type": "plan_update", "title": text_limits.cut(plan.get("title", "") or "Checks", _TEXT)}
