"""Shortcuts: “Diagnose this message” on a message, and the global “Diagnose a call”."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.api.actor import Actor, of_interaction
from bot.slack.conversation import reports
from bot.slack.conversation.attachments import with_files
from bot.slack.conversation.dispatch import handle_text
from bot.slack.delivery import inbox
from bot.slack.listeners.views import open_form
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event

MESSAGE: Final = "diagnose_message"
GLOBAL: Final = "diagnose_open"
_WORDS: Final = ("text", "fallback", "title", "pretext", "value")
_DEEP: Final = 12  # levels of blocks and attachments that are read


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listeners for both shortcuts."""

    @app.message_shortcut(MESSAGE)
    async def on_message(ack: AsyncAck, body: dict[str, Any]) -> None:
        actor = of_interaction(body)
        here = replace(actor, thread=actor.thread or actor.message)
        message = body.get("message") or {}
        fields = {"text": with_files(message_text(message), message)}
        await inbox.take(context, make_event("message", here, body, fields))
        await ack()

    @app.global_shortcut(GLOBAL)
    async def from_anywhere(ack: AsyncAck, body: dict[str, Any]) -> None:
        event = make_event("anywhere", of_interaction(body), body, {}, ordered=False)
        await inbox.take(context, event, urgent=True)
        await ack()


async def read(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Diagnose what the message describes."""
    if (left := await reports.take_here(context, actor, fields["text"])) is not None:
        await handle_text(context, actor, left)


async def open_anywhere(context: AppContext, actor: Actor, _: Mapping[str, str]) -> None:
    """Open the modal."""
    await open_form(context, actor)


def message_text(message: Mapping[str, Any]) -> str:
    """Return all text of *message*: its own, and that of its blocks and attachments."""
    text = str(message.get("text") or "")
    more = [*_texts(message.get("blocks"), 0), *_texts(message.get("attachments"), 0)]
    return "\n".join(
        dict.fromkeys(item for item in (text, *more) if item and (item is text or item not in text))
    )


def _texts(value: object, depth: int) -> Iterator[str]:
    if depth > _DEEP:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and name in _WORDS:
                yield item
            else:
                yield from _texts(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)
