"""The slash command: `/diagnose 31009 ios`, `help`, `relays`, `history`; without text it opens the modal."""

import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.api.actor import Actor, of_command
from bot.slack.conversation.dispatch import handle_text
from bot.slack.delivery import inbox
from bot.slack.listeners.views import open_form
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event

COMMAND: Final = re.compile(r"^/diagnose(-\w+)?$")  # with a suffix for a second installation


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for the command."""

    @app.command(COMMAND)
    async def diagnose(ack: AsyncAck, body: dict[str, Any]) -> None:
        text = str(body.get("text") or "").strip()
        event = make_event("command", of_command(body), body, {"text": text}, ordered=False)
        await inbox.take(context, event, urgent=not text)
        await ack()


async def answer(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Do what was typed."""
    if (text := fields.get("text", "")).strip(" .!?"):
        await handle_text(context, actor, text)
    else:
        await open_form(context, actor)
