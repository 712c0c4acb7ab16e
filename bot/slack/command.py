"""The slash command: `/diagnose 31009 ios`, `help`, `relays`, `history`; alone it opens the form."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.redact import redact
from bot.request import parse
from bot.slack import cases
from bot.slack.asker import Asker, of_command
from bot.slack.office import Office

COMMAND: Final = re.compile(r"/diagnose(-\w+)?")  # with a suffix for a second installation


def register(app: AsyncApp, office: Office) -> None:
    """Listen to the command."""

    @app.command(COMMAND)
    async def diagnose(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        asker = of_command(body)
        office.take(asker, body, partial(answer, office, asker, body))


async def answer(office: Office, asker: Asker, body: Mapping[str, Any]) -> None:
    """Do what was typed."""
    safe = redact(str(body.get("text") or ""))
    await cases.begin(office, asker, parse(safe.text, office.vocabulary))
