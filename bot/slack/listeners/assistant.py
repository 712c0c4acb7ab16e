"""Direct messages and Slack's agent container: suggested prompts, a status line, the Stop button."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.redaction.redact import redact
from bot.rendering.blocks.text_limits import cut, line
from bot.slack.api import agent_session
from bot.slack.api.actor import Actor, of_event
from bot.slack.api.client import SlackError, call
from bot.slack.conversation import reports, thread_replies
from bot.slack.conversation.dispatch import handle_text
from bot.slack.conversation.thread import follow
from bot.slack.delivery import inbox
from bot.slack.listeners.mentions import MENTION
from bot.slack.runs import lifecycle
from bot.slack.runs.agent_work import is_busy
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event

log = logging.getLogger(__name__)

GREETINGS: Final = frozenset(
    {"hi", "hello", "hey", "help", "?", "start", "good morning", "thanks", "thank you"}
)
PROMPTS: Final = (
    {"title": "A browser cannot connect", "message": "Diagnose 31009 javascript"},
    {"title": "The iPhone app cannot connect", "message": "Diagnose 31009 ios"},
    {
        "title": "There is no audio, and I have no code",
        "message": "Calls connect, but no audio on the office Wi-Fi",
    },
    {"title": "What does a code mean?", "message": "What does 53405 mean?"},
)  # Slack shows up to 4

_TITLE: Final = 80  # characters of a message that name its session


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for the Stop button; messages have their own listener."""

    @app.event("agent_session_stopped")
    async def stopped(body: dict[str, Any]) -> None:
        await inbox.take(context, make_event("stop", of_event(body), body, {}, ordered=False))


async def greet(context: AppContext, actor: Actor, _: Mapping[str, str]) -> None:
    """Set suggested prompts; if Slack rejects them, only the log says so."""
    method = (await context.workspace(actor)).client.assistant_threads_setSuggestedPrompts
    await _try("suggested prompts", method, actor, title="What should I diagnose?", prompts=list(PROMPTS))


async def converse(context: AppContext, actor: Actor, words: Mapping[str, str]) -> None:
    """Answer a direct message: continue the case of its thread, or start a new one."""
    text = MENTION.sub(" ", words["text"]).strip()
    case = await context.store.case_of_thread(actor.team, actor.channel, actor.thread or actor.message)
    if case:
        await follow(context, actor, case, text, addressed=True)
    elif text.casefold().strip("!. ") in GREETINGS:
        await thread_replies.reply(context, actor, thread_replies.help_text(context))
    else:
        await _work(context, actor, text)


async def _work(context: AppContext, actor: Actor, text: str) -> None:
    """Answer a text that belongs to no case; its thread shows that Lineman is working until it waits again."""
    here = replace(actor, thread=actor.thread or actor.message)
    workspace, place = await context.workspace(actor), (here.channel, here.thread)
    title = cut(line(redact(text).text), _TITLE)
    begun = await agent_session.begin(workspace, *place, title, actor.user)
    if not begun:
        method = workspace.hasty.assistant_threads_setStatus  # Slack removes it when the reply is posted
        await _try("status line", method, here, status="is reading your message")
    try:
        if (left := await reports.take(context, actor, None, text)) is not None:
            await handle_text(context, here, left)
    finally:
        if begun and not is_busy(context, *place):
            await agent_session.rest(workspace, *place)


async def stop_all(context: AppContext, actor: Actor, _: Mapping[str, str]) -> None:
    """Stop all runs in this conversation and reset its status, as Slack's Stop button requires."""
    for run, active_run in tuple(context.active_runs.items()):
        if active_run.case.channel == actor.channel and actor.thread in ("", active_run.case.thread_ts):
            await lifecycle.stop(context, actor, run)
    await agent_session.rest(await context.workspace(actor), actor.channel, actor.thread)


async def _try(what: str, method: Callable[..., Awaitable[Any]], actor: Actor, **values: Any) -> None:
    """Call *method* for the conversation of *actor*; a refusal is only logged."""
    try:
        thread = {"thread_ts": actor.thread} if actor.thread else {}  # Slack drops prompts with an empty one
        await call(method, channel_id=actor.channel, **thread, **values)
    except SlackError as error:
        log.info("Slack rejected %s: %s", what, error.word)
