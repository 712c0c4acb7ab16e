"""The form modal, opened by `/diagnose` without text, the global shortcut, and the start buttons."""

import json
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import UsageError
from bot.language.command_parser import parse_words
from bot.model.request import Request, Vocabulary
from bot.model.vocabulary import person_questions
from bot.rendering.blocks.modals import ANY, FORM, HOW, LINK, answers, form
from bot.slack.api.actor import Actor, of_interaction
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError, call
from bot.slack.api.workspaces import Workspace
from bot.slack.conversation import form_text
from bot.slack.delivery import inbox
from bot.slack.runs import check_links, lifecycle
from bot.slack.state.context import AppContext
from bot.slack.state.event import CURRENT_EVENT, NoWindowError, make_event

OPENED: Final = "a window"  # among what was said
TOO_LATE: Final = BUSY | UNCERTAIN | {"expired_trigger_id"}
LATE: Final = (
    "Slack allows three seconds to open a window, and that time has passed. Please try again, or "
    "type what you know, such as `/diagnose 31009 ios`."
)


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for the submitted form."""

    @app.view(FORM)
    async def sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body.get("view", {})
        fields = answers(view)
        try:
            check(fields, context.vocabulary)
        except FieldError as error:
            await ack(response_action="errors", errors={error.field: str(error)[:150]})
            return
        await inbox.take(context, make_event("form", place_of(of_interaction(body), view), body, fields))
        await ack()


async def begin(context: AppContext, actor: Actor, values: Mapping[str, str]) -> None:
    """Start a diagnosis from the form: from its code, its description, or both. Or make a check link for it."""
    if values.get(HOW) == LINK:
        await _make_link(context, actor, values)
        return
    if not values.get("story", "").strip():
        await lifecycle.start(context, actor, filled_in(values, context.vocabulary))
        return
    fields = {name: value for name, value in values.items() if name in context.vocabulary.names}
    await form_text.start(context, actor, values["story"], fields)


async def _make_link(context: AppContext, actor: Actor, values: Mapping[str, str]) -> None:
    fields = {name: value for name, value in values.items() if name in context.vocabulary.names}
    story = values.get("story", "").strip()
    request = await form_text.request_without_choice(context, actor, story, fields)
    await check_links.make(context, actor, request)


def check(fields: Mapping[str, str], vocabulary: Vocabulary) -> None:
    """Raise `FieldError` for invalid fields, and if there is neither a code nor a description."""
    story = fields.get("story", "").strip()
    filled_in({"code": vocabulary.codes[0], **fields} if story else fields, vocabulary)


async def open_form(context: AppContext, actor: Actor, given: Mapping[str, str] | None = None) -> None:
    """Open the form for *actor*, prefilled with *given*; Slack's trigger is valid for 3 seconds."""
    workspace = await context.workspace(actor)
    knowledge = context.engine.knowledge
    relays = await context.permissions.usable(workspace, actor, context.relay_directory.names)
    view = form(
        codes=[(code.code, code.name) for code in knowledge.errors.values()],
        platforms=[(platform.id, platform.title) for platform in knowledge.platforms.values()],
        edges=context.vocabulary.edges,
        relays=relays,
        questions=person_questions(knowledge, (given or {}).get("platform", "")),
        links=context.check_settings is not None,
        given={"code": ANY, "relay": relays[0] if relays else "", "edge": context.vocabulary.roaming}
        | dict(given or {}),
        metadata=json.dumps(
            {"channel": actor.channel, "thread": actor.thread, "response_url": actor.response_url}
        ),
    )
    await open_window(workspace, actor, view)


async def open_window(workspace: Workspace, actor: Actor, view: dict[str, Any]) -> None:
    """Open *view* for *actor*; raises `NoWindowError` if the trigger has expired."""
    event = CURRENT_EVENT.get()
    if event and OPENED in event.attempts.said:
        return
    if not actor.trigger:
        raise NoWindowError("Lineman restarted before your form could open. Please try again.")
    if actor.late:
        raise NoWindowError(LATE)
    try:
        await call(workspace.hasty.views_open, trigger_id=actor.trigger, view=view)
    except SlackError as refused:
        if refused.word in TOO_LATE:  # Slack asks to retry later, but the trigger expires first
            raise NoWindowError(LATE) from None
        raise
    if event:
        event.attempts.said.add(OPENED)


class FieldError(UsageError):
    """An invalid value in one field of the form."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def filled_in(fields: Mapping[str, str], vocabulary: Vocabulary) -> Request:
    """Build the request from the form; `FieldError` names the field at which the message is shown."""
    options = [(name, value) for name, value in fields.items() if name in vocabulary.names]
    if not fields.get("code"):
        raise FieldError("code", "Choose the error, or describe below what happens.")
    try:
        return parse_words((), vocabulary, options)
    except UsageError as error:
        raise FieldError(_culprit(options, vocabulary), str(error)) from None


def _culprit(options: list[tuple[str, str]], vocabulary: Vocabulary) -> str:
    """Return the field without which the rest is a valid request; "code" if there is none."""
    for name, _ in reversed(options):
        try:
            parse_words((), vocabulary, [texts for texts in options if texts[0] != name])
        except UsageError:
            continue
        return name
    return "code"


def place_of(actor: Actor, view: Mapping[str, Any]) -> Actor:
    """Return the actor in the place from which the form was opened."""
    try:
        stored = json.loads(str(view.get("private_metadata") or "{}"))
    except ValueError:
        stored = {}
    place = stored if isinstance(stored, dict) else {}
    return Actor(
        team=actor.team,
        user=actor.user,
        channel=str(place.get("channel", "")),
        thread=str(place.get("thread", "")),
        response_url=str(place.get("response_url", "")),
        enterprise=actor.enterprise,
        home=actor.home,
    )
