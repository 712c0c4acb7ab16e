"""The slash command: `/diagnose 31009 ios`, `help`, `relays`, `history`; alone it opens the form."""

import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.rendering.blocks import lists
from bot.slack.api.actor import Asker, of_command
from bot.slack.conversation import thread_replies
from bot.slack.conversation.dispatch import ask
from bot.slack.delivery import inbox
from bot.slack.listeners import app_home
from bot.slack.listeners.views import open_form
from bot.slack.state.context import Office
from bot.slack.state.event import delivered

COMMAND: Final = re.compile(r"^/diagnose(-\w+)?$")  # with a suffix for a second installation


def register(app: AsyncApp, office: Office) -> None:
    """Listen to the command."""

    @app.command(COMMAND)
    async def diagnose(ack: AsyncAck, body: dict[str, Any]) -> None:
        text = str(body.get("text") or "").strip()
        one = delivered("command", of_command(body), body, {"text": text}, ordered=False)
        await inbox.take(office, one, urgent=not text)
        await ack()


async def answer(office: Office, asker: Asker, said: Mapping[str, str]) -> None:
    """Do what was typed."""
    text = said.get("text", "")
    match text.casefold().strip(" .!?"):
        case "":
            await open_form(office, asker)
        case "help":
            await office.whisper(asker, thread_replies.help_text(office))
        case "relays" | "relay":
            await office.whisper(asker, lists.relays(*await app_home.relay_rows(office, asker)))
        case "history":
            await office.whisper(asker, lists.history(await app_home.recent(office, asker, 20)))
        case _:
            await ask(office, asker, text)
