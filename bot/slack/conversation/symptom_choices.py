"""A story without a code: gone ahead with where it is clear, else the best readings are there to choose from.

What was told is kept with what was chosen, so that whoever tends the knowledge can learn how people say things.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import UsageError
from bot.language.command_parser import parse_words
from bot.language.make_request import request_for
from bot.model.symptom_match import CauseCandidate, SymptomMatch
from bot.rendering.blocks import symptom_choices
from bot.slack.api.actor import Actor
from bot.slack.conversation import answers
from bot.slack.runs import lifecycle
from bot.slack.runtime.ids import new_story
from bot.slack.state.context import AppContext
from bot.storage.labels import NONE, StoryLabel

GONE = "This choice is not kept any more. Say again what happens, and I read it anew."


async def take(context: AppContext, actor: Actor, found: SymptomMatch, story: str) -> None:
    """Go ahead with what *story* was read as, or offer its readings."""
    kept = replace(found, causes=found.offered)
    name = new_story()
    await context.store.labels.offer(name, actor.team, story, kept, context.engine.knowledge.digest)
    if kept.verdict == "sure":
        await _begin(context, actor, StoryLabel(name, actor.team, kept), kept.offered, story)
        return
    causes = context.engine.knowledge.causes
    told = {one.cause: causes[one.cause].customer for one in kept.offered}
    shown = symptom_choices.which(kept, name, story, told)
    await answers.say(context, actor, shown)


async def choose(context: AppContext, actor: Actor, said: Mapping[str, str]) -> None:
    """Look into the reading that was chosen, and keep the choice."""
    told = await _told(context, actor, said)
    chosen = [one for one in told.readings.causes if one.cause == said.get("cause")]
    if not chosen:
        raise UsageError(GONE)
    await context.store.labels.choose(told.id, chosen[0].cause)
    await _begin(context, actor, told, chosen, "")


async def none(context: AppContext, actor: Actor, said: Mapping[str, str]) -> dict[str, str]:
    """Keep that none was meant; gives what the story told besides, to fill in the form with."""
    told = await _told(context, actor, said)
    await context.store.labels.choose(told.id, NONE)
    return {name: value for name, value in told.readings.clues.items() if name in context.vocabulary.names}


async def _begin(
    context: AppContext, actor: Actor, told: StoryLabel, chosen: Sequence[CauseCandidate], story: str
) -> None:
    """Begin the diagnosis, and say in one line what it is taken for."""
    request = request_for(told.readings, chosen, context.engine.knowledge, context.vocabulary)
    if request is None:
        raise UsageError("No error code has that cause; tell more, or name the code that is shown.")
    options = [("code", request.code), *_options(request.platform, request.edge, request.answers)]
    parse_words(
        (), context.vocabulary, options
    )  # `UsageError` for what a form or a story cannot mean together
    await context.store.labels.began(told.id, await lifecycle.start(context, actor, request))
    meant = replace(told.readings, causes=tuple(chosen), verdict="sure")
    await answers.say(context, actor, symptom_choices.taken(meant, request, told.id, story))


def _options(platform: str | None, edge: str, told: Mapping[str, str]) -> list[tuple[str, str]]:
    named = [("platform", platform)] if platform else []
    return [*named, ("edge", edge), *told.items()]


async def _told(context: AppContext, actor: Actor, said: Mapping[str, str]) -> StoryLabel:
    told = await context.store.labels.get(said.get("story", ""))
    if told is None or told.team != actor.team:
        raise UsageError(GONE)
    return told
