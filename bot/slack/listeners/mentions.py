"""Mentions: `@Lineman 31009 ios` in any channel; in a case thread, a mention continues the case."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.slack.api.actor import Actor, of_event
from bot.slack.conversation import reports
from bot.slack.conversation.attachments import text_of
from bot.slack.conversation.dispatch import handle_text
from bot.slack.conversation.thread import follow
from bot.slack.delivery import inbox
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event

MENTION: Final = re.compile(r"<@[UW][A-Z0-9]+(\|[^>]*)?>")


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for mentions."""

    @app.event("app_mention")
    async def mentioned(body: dict[str, Any]) -> None:  # Bolt acknowledges when this returns
        actor = of_event(body)
        event = body.get("event", {})
        if event.get("bot_id") or event.get("subtype") or not actor.user or actor.direct:
            return
        text = MENTION.sub(" ", text_of(event))
        await inbox.take(context, make_event("mention", actor, body, {"text": text}))


async def answer(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Continue the case of this thread, or start one in it."""
    text = fields["text"]
    here = replace(actor, thread=actor.thread or actor.message)
    case = await context.store.case_of_thread(actor.team, actor.channel, here.thread)
    if case:
        await follow(context, here, case, text, addressed=True)
    elif (left := await reports.take(context, here, None, text)) is not None:
        await handle_text(context, here, left)
