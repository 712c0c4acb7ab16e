"""Mentions: `@Lineman 31009 ios`, anywhere; in a thread of ours it goes on with the case."""

import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.slack.api.actor import Asker, of_event
from bot.slack.conversation import reports
from bot.slack.conversation.attachments import text_of
from bot.slack.conversation.dispatch import ask
from bot.slack.conversation.thread import follow
from bot.slack.delivery import inbox
from bot.slack.state.context import Office
from bot.slack.state.event import delivered

MENTION: Final = re.compile(r"<@[UW][A-Z0-9]+(\|[^>]*)?>")


def register(app: AsyncApp, office: Office) -> None:
    """Listen to mentions."""

    @app.event("app_mention")
    async def mentioned(body: dict[str, Any]) -> None:  # acknowledged by Bolt when this has ended
        asker = of_event(body)
        event = body.get("event", {})
        if event.get("bot_id") or event.get("subtype") or not asker.user or asker.direct:
            return
        text = MENTION.sub(" ", text_of(event))
        await inbox.take(office, delivered("mention", asker, body, {"text": text}))


async def answer(office: Office, asker: Asker, said: Mapping[str, str]) -> None:
    """Go on with the case of this thread, or begin one in it."""
    text = said["text"]
    here = Asker(
        team=asker.team,
        user=asker.user,
        channel=asker.channel,
        thread=asker.thread or asker.message,
        message=asker.message,
        enterprise=asker.enterprise,
    )
    case = await office.store.case_of_thread(asker.team, asker.channel, here.thread)
    if case:
        await follow(office, here, case, text, addressed=True)
    elif (left := await reports.take(office, here, None, text)) is not None:
        await ask(office, here, left)
