"""The text to forward to the customer: one for all causes, and a copy of it alone.

Pure: no network, no clock.
"""

from bot.rendering.blocks.block_types import code, context, rich
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.view import View


def customer_text(view: View) -> str:
    """Return the one text for all causes; of a view without one, its customer messages."""
    return view.customer_text or " ".join(dict.fromkeys(view.customer))


def customer_copy(view: View) -> Message:
    """Render the text in a preformatted block, which has a copy button."""
    text = customer_text(view)
    builder = MessageBuilder()
    builder.last(context("Copy it with the button in the corner of the box. It can be forwarded as it is."))
    builder.add(rich(code(text)))
    return builder.message(text)
