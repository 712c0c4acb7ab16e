"""Handle a symptom description without an error code: start a case if it is clear, else offer matched causes.

The description and the chosen cause are stored, so that maintainers of the knowledge can learn how users
describe symptoms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.diagnosis.triage import has_checks
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

GONE = "This choice has expired. Describe the problem again."


async def take(context: AppContext, actor: Actor, found: SymptomMatch, story: str) -> None:
    """Start a case for what *story* was matched with, or offer the matches."""
    symptom_match = replace(found, causes=found.offered)
    name = new_story()
    await context.store.labels.offer(name, actor.team, story, symptom_match, context.engine.knowledge.digest)
    if symptom_match.verdict == "sure":
        await _begin(
            context, actor, StoryLabel(name, actor.team, symptom_match), symptom_match.offered, story
        )
        return
    causes = context.engine.knowledge.causes
    values = {
        candidate.cause: causes[candidate.cause].generic_customer for candidate in symptom_match.offered
    }
    message = symptom_choices.which(symptom_match, name, story, values)
    await answers.say(context, actor, message)


async def choose(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Start a case for the chosen match, and store the choice."""
    label = await _stored_story(context, actor, fields)
    chosen = [candidate for candidate in label.readings.causes if candidate.cause == fields.get("cause")]
    if not chosen:
        raise UsageError(GONE)
    await context.store.labels.choose(label.id, chosen[0].cause)
    await _begin(context, actor, label, chosen, "")


async def none(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> dict[str, str]:
    """Store that no match was right. Return the other facts of the story, to fill in the form with."""
    label = await _stored_story(context, actor, fields)
    await context.store.labels.choose(label.id, NONE)
    return {name: value for name, value in label.readings.clues.items() if name in context.vocabulary.names}


async def _begin(
    context: AppContext, actor: Actor, label: StoryLabel, chosen: Sequence[CauseCandidate], story: str
) -> None:
    """Start the case, and say in one line how the story was understood."""
    request = request_for(label.readings, chosen, context.engine.knowledge, context.vocabulary)
    if request is None:
        raise UsageError(
            "No error code has that cause. Describe the problem in more detail, or send the error code."
        )
    options = [("code", request.code), *_options(request.platform, request.edge, request.answers)]
    parse_words(
        (), context.vocabulary, options
    )  # `UsageError` if the form and the story contradict each other
    if request.assumed and not has_checks(request, context.engine.knowledge, context.engine.network):
        # A run would post a guess where everybody reads it, without having checked anything.
        await context.post_ephemeral(
            actor,
            symptom_choices.unverified(
                chosen[0], context.engine.knowledge.causes[chosen[0].cause].generic_customer
            ),
        )
        return
    await context.store.labels.began(label.id, await lifecycle.start(context, actor, request))
    meant = replace(label.readings, causes=tuple(chosen), verdict="sure")
    await answers.say(context, actor, symptom_choices.taken(meant, request, label.id, story))


def _options(platform: str | None, edge: str, answers: Mapping[str, str]) -> list[tuple[str, str]]:
    named = [("platform", platform)] if platform else []
    return [*named, ("edge", edge), *answers.items()]


async def _stored_story(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> StoryLabel:
    label = await context.store.labels.get(fields.get("story", ""))
    if label is None or label.team != actor.team:
        raise UsageError(GONE)
    return label
