"""Plain messages in case threads and in direct messages; all others are ignored."""

from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.slack.api.actor import Actor, of_event
from bot.slack.conversation.attachments import text_of
from bot.slack.conversation.thread import follow
from bot.slack.delivery import inbox
from bot.slack.listeners.mentions import MENTION
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event

# The subtypes that are read; edits, deletions, joins, and others are ignored.
SPOKEN: Final = ("", "file_share", "thread_broadcast")


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for messages."""

    @app.event("message")
    async def said(body: dict[str, Any]) -> None:  # Bolt acknowledges when this returns
        actor, event = of_event(body), body.get("event", {})
        text = text_of(event)
        subtype = str(event.get("subtype") or "")
        if (
            event.get("bot_id")
            or event.get("app_id")
            or subtype not in SPOKEN
            or not actor.user
            or not text.strip()
        ):
            return
        if actor.direct:
            await inbox.take(context, make_event("direct", actor, body, {"text": text}))
        elif actor.thread and not MENTION.search(text):  # a mention arrives as a separate event
            await inbox.take(context, make_event("thread", actor, body, {"text": text}), ours_only=True)


async def in_thread(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Continue the case of this thread; ignore threads without a case."""
    case = await context.store.case_of_thread(actor.team, actor.channel, actor.thread)
    if case:
        await follow(context, actor, case, fields["text"], addressed=False)
