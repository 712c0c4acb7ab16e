"""Message and MessageBuilder: a complete fallback text, and blocks within Slack's limits.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, context, words


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send; the sender must disable unfurling and the markup of `text` (`mrkdwn=False`)."""

    text: str  # for notifications, screen readers, and clients that show no blocks
    blocks: tuple[Block, ...]

    def payload(self) -> dict[str, Any]:
        """Return the arguments of chat.postMessage and chat.update."""
        return {"text": self.text, "blocks": list(self.blocks)}

    def simpler(self) -> "Message":
        """Return the message as one paragraph of plain text, for when Slack rejects the blocks."""
        visible = self.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        plain = {"type": "plain_text", "text": text_limits.cut(visible, text_limits.SECTION), "emoji": False}
        return Message(self.text, ({"type": "section", "text": plain},))


@dataclass
class MessageBuilder:
    """Collects blocks up to a message's limits; if blocks are left out, the message says so."""

    most: int = text_limits.BLOCKS
    total: int = text_limits.TOTAL
    blocks: list[Block] = field(default_factory=list)
    end: list[Block] = field(default_factory=list)
    left_out: int = 0

    def last(self, *blocks: Block) -> None:
        """Reserve room for *blocks* at the end; call this first."""
        self.end += blocks

    def add(self, *blocks: Block) -> bool:
        """Append *blocks*, all or none; returns whether there was room."""
        room = self.most - 1 - len(self.blocks) - len(self.end) - len(blocks)
        if room < 0 or weight([*self.blocks, *self.end, *blocks]) > self.total - text_limits.HEADER:
            self.left_out += 1
            return False
        self.blocks += blocks
        return True

    def message(
        self, text: str, rest: str = "Not everything fits here; the evidence has the rest."
    ) -> Message:
        """Build the message; *text* is the fallback text, *rest* says where to find what was left out."""
        note = [context(rest)] if self.left_out else []
        return Message(text_limits.plain(text) or "Lineman", (*self.blocks, *note, *self.end))


def first_that_fits(attempts: Iterable[MessageBuilder]) -> MessageBuilder:
    """Give the first of *attempts*, ever shorter, that left nothing out; the first of all if each one did."""
    longest: MessageBuilder | None = None
    for builder in attempts:
        if not builder.left_out:
            return builder
        longest = longest or builder
    return longest or MessageBuilder()


def weight(blocks: Sequence[Block]) -> int:
    """Count the text in *blocks* in UTF-16 units, hidden text included."""
    return sum(text_limits.size(text) for block in blocks for text in _texts(block))


def _texts(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name)
    elif isinstance(value, str) and name in ("text", "alt_text", "title", "url", "description"):
        yield value


def modal(callback: str, name: str, blocks: Sequence[Block], submit: str = "", metadata: str = "") -> Block:
    """Make a modal view."""
    view: Block = {
        "type": "modal",
        "callback_id": callback,
        "title": words(name, text_limits.VIEW_WORD),
        "close": words("Cancel" if submit else "Close", text_limits.VIEW_WORD),
        "blocks": list(blocks[: text_limits.VIEW_BLOCKS]),
    }
    if submit:
        view["submit"] = words(submit, text_limits.VIEW_WORD)
    if metadata:
        view["private_metadata"] = metadata
    return view
