"""Handle buttons that need no case: start, help, choices among causes, meanings, allow-lists."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from bot.rendering.blocks import modals
from bot.rendering.blocks.codes import THREAD
from bot.rendering.blocks.symptom_choices import nothing as no_choice
from bot.slack.api.actor import Actor
from bot.slack.conversation import allowlists, answers, symptom_choices, thread_replies
from bot.slack.listeners import views
from bot.slack.runs import lifecycle
from bot.slack.state.context import AppContext

Fields: TypeAlias = Mapping[str, str]  # what the button carries


async def _start(context: AppContext, actor: Actor, fields: Fields) -> None:
    """Start a case with the chosen code, or open the form. From the card below a link, it starts in the thread."""
    if fields.get("place") == THREAD:
        actor = replace(actor, thread=actor.thread or actor.message)
    given = {name: fields[name] for name in ("code", "platform") if fields.get(name)}
    if "code" in given:
        await lifecycle.start(context, actor, views.filled_in(given, context.vocabulary))
    else:
        await views.open_form(context, actor, given)


async def _none(context: AppContext, actor: Actor, fields: Fields) -> None:
    """Open the form with the known facts, or reply with help if the trigger has expired."""
    given = await symptom_choices.none(context, actor, fields)
    if actor.late:
        await answers.say(context, actor, no_choice())
    else:
        await views.open_form(context, actor, {"code": modals.ANY, **given})


async def _nearest(context: AppContext, actor: Actor, fields: Fields) -> None:
    await answers.nearest(context, actor, fields.get("about", ""))


async def _meaning(context: AppContext, actor: Actor, fields: Fields) -> None:
    await answers.meanings(context, actor, (fields.get("code", ""),), fields.get("platform", ""))


async def _guide(context: AppContext, actor: Actor, fields: Fields) -> None:
    await context.post_ephemeral(actor, thread_replies.help_text(context))


FREE_ACTIONS: Final[dict[str, Callable[[AppContext, Actor, Fields], Awaitable[None]]]] = {
    "start": _start,
    "guide": _guide,
    "reading": symptom_choices.choose,
    "none": _none,
    "nearest": _nearest,
    "meaning": _meaning,
    "list": allowlists.another,
}
