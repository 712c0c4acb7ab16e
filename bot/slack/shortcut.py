"""Shortcuts: “Diagnose this message” on any message, and “Diagnose a call” from anywhere."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack import reports
from bot.slack.asker import Asker, of_interaction
from bot.slack.asking import ask
from bot.slack.attached import with_files
from bot.slack.form import open_form
from bot.slack.office import Office

MESSAGE: Final = "diagnose_message"
GLOBAL: Final = "diagnose_open"
_WORDS: Final = ("text", "fallback", "title", "pretext", "value")
_DEEP: Final = 12  # levels of blocks and attachments that are read


def register(app: AsyncApp, office: Office) -> None:
    """Listen to both."""

    @app.message_shortcut(MESSAGE)
    async def on_message(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        asker = of_interaction(body)
        here = replace(asker, thread=asker.thread or asker.message)
        office.take(here, body, partial(_read, office, body, here))

    @app.global_shortcut(GLOBAL)
    async def from_anywhere(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        asker = of_interaction(body)
        office.take(asker, body, partial(open_form, office, asker), urgent=True)


async def _read(office: Office, body: Mapping[str, Any], here: Asker) -> None:
    message = body.get("message") or {}
    if left := await reports.take_here(office, here, with_files(message_text(message), message)):
        await ask(office, here, left)


def message_text(message: Mapping[str, Any]) -> str:
    """All that can be read in *message*: its text, and what stands only in its blocks and attachments."""
    text = str(message.get("text") or "")
    more = [*_texts(message.get("blocks"), 0), *_texts(message.get("attachments"), 0)]
    return "\n".join(dict.fromkeys(one for one in (text, *more) if one and (one is text or one not in text)))


def _texts(value: object, depth: int) -> Iterator[str]:
    if depth > _DEEP:
        return
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, str) and name in _WORDS:
                yield one
            else:
                yield from _texts(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, depth + 1)
