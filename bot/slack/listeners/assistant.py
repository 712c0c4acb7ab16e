"""Direct messages and Slack's container for agents: suggested prompts, a status while we think, the Stop button."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.slack.api.actor import Asker, of_event
from bot.slack.api.client import SlackError, call
from bot.slack.conversation import reports, thread_replies
from bot.slack.conversation.dispatch import ask
from bot.slack.conversation.thread import follow
from bot.slack.delivery import inbox
from bot.slack.listeners.mentions import MENTION
from bot.slack.runs import lifecycle
from bot.slack.state.context import Office
from bot.slack.state.event import delivered

log = logging.getLogger(__name__)

GREETINGS: Final = frozenset(
    {"hi", "hello", "hey", "help", "?", "start", "good morning", "thanks", "thank you"}
)
PROMPTS: Final = (
    {"title": "A browser cannot connect", "message": "Diagnose 31009 javascript"},
    {"title": "The iPhone app cannot connect", "message": "Diagnose 31009 ios"},
    {
        "title": "It is silent, and I have no code",
        "message": "Calls connect, but no sound on the office Wi-Fi",
    },
    {"title": "What does a code mean?", "message": "What does 53405 mean?"},
)  # Slack takes four


def register(app: AsyncApp, office: Office) -> None:
    """Listen to what Slack tells agents besides messages."""

    @app.event("agent_session_stopped")
    async def stopped(body: dict[str, Any]) -> None:
        await inbox.take(office, delivered("stop", of_event(body), body, {}, ordered=False))


async def greet(office: Office, asker: Asker, _: Mapping[str, str]) -> None:
    """Suggest what to ask; where Slack does not take suggestions, nothing is lost."""
    method = (await office.workspace(asker)).client.assistant_threads_setSuggestedPrompts
    await _try("suggested prompts", method, asker, title="What shall I look into?", prompts=list(PROMPTS))


async def converse(office: Office, asker: Asker, words: Mapping[str, str]) -> None:
    """Answer a direct message: about the case of its thread, or a new one."""
    said = MENTION.sub(" ", words["text"]).strip()
    case = await office.store.case_of_thread(asker.team, asker.channel, asker.thread or asker.message)
    if case:
        await follow(office, asker, case, said, addressed=True)
    elif said.casefold().strip("!. ") in GREETINGS:
        await thread_replies.reply(office, asker, thread_replies.help_text(office))
    elif (left := await reports.take(office, asker, None, said)) is not None:
        await _think(office, asker)
        here = Asker(asker.team, asker.user, asker.channel, asker.thread or asker.message, asker.message)
        await ask(office, here, left)


async def stop_all(office: Office, asker: Asker, _: Mapping[str, str]) -> None:
    """Stop what runs in this conversation, as Slack's own Stop button wants."""
    for run, one in tuple(office.running.items()):
        if one.case.channel == asker.channel and asker.thread in ("", one.case.thread_ts):
            await lifecycle.stop(office, asker, run)
    method = (await office.workspace(asker)).client.agents_sessions_setStatus
    await _try("session status", method, asker, status="active")


async def _think(office: Office, asker: Asker) -> None:
    """Show a status line; Slack takes it away when we answer."""
    method = (await office.workspace(asker)).hasty.assistant_threads_setStatus
    here = replace(asker, thread=asker.thread or asker.message)
    await _try("status line", method, here, status="is choosing what to look at")


async def _try(what: str, method: Callable[..., Awaitable[Any]], asker: Asker, **values: Any) -> None:
    """Tell Slack something about the conversation of *asker*; where it is not taken, that is in the log."""
    try:
        await call(method, channel_id=asker.channel, thread_ts=asker.thread, **values)
    except SlackError as error:
        log.info("no %s: %s", what, error.word)
