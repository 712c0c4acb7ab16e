"""Plain messages: in threads that are ours, and in direct messages with the bot. Everything else is left alone."""

from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.slack import agent
from bot.slack.asker import Asker, of_event
from bot.slack.attached import text_of
from bot.slack.mention import MENTION
from bot.slack.office import Office
from bot.slack.thread import follow

# Edited and deleted messages, joins and the like are no words to us; these are.
SPOKEN: Final = ("", "file_share", "thread_broadcast")


def register(app: AsyncApp, office: Office) -> None:
    """Listen to messages."""

    @app.event("message")
    async def said(body: dict[str, Any]) -> None:  # acknowledged by Bolt
        asker, event = of_event(body), body.get("event", {})
        text = text_of(event)
        subtype = str(event.get("subtype") or "")
        if (
            event.get("bot_id")
            or event.get("app_id")
            or subtype not in SPOKEN
            or not asker.user
            or not text.strip()
        ):
            return
        turn = f"thread {asker.channel} {asker.thread or asker.message}"
        if asker.direct:
            office.take(asker, body, partial(agent.converse, office, asker, text), turn)
        elif asker.thread and not MENTION.search(text):  # a mention comes as an event of its own
            office.take(asker, body, partial(_in_thread, office, asker, text), turn)


async def _in_thread(office: Office, asker: Asker, text: str) -> None:
    case = await office.store.case_of_thread(asker.team, asker.channel, asker.thread)
    if case:
        await follow(office, asker, case, text, addressed=False)
