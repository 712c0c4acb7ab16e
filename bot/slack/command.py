"""The slash command: `/diagnose 31009 ios`, `help`, `relays`, `history`; alone it opens the form."""

import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.rendering.blocks import lists
from bot.slack import home, inbox, telling
from bot.slack.asker import Asker, of_command
from bot.slack.asking import ask
from bot.slack.delivery import delivered
from bot.slack.form import open_form
from bot.slack.office import Office

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
            await office.whisper(asker, telling.help_text(office))
        case "relays" | "relay":
            await office.whisper(asker, lists.relays(*await home.relay_rows(office, asker)))
        case "history":
            await office.whisper(asker, lists.history(await home.recent(office, asker, 20)))
        case _:
            await ask(office, asker, text)
