"""The form that `/diagnose` alone, the global shortcut and the start buttons open."""

import json
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import UsageError
from bot.language.command_parser import parse_words
from bot.model.request import Request, Vocabulary
from bot.rendering.blocks.modals import FORM, answers, form
from bot.slack.api.actor import Asker, of_interaction
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError, call
from bot.slack.api.workspaces import Workspace
from bot.slack.conversation.dispatch import tell
from bot.slack.delivery import inbox
from bot.slack.runs import lifecycle
from bot.slack.state.context import Office
from bot.slack.state.event import NoWindowError, delivered

TOO_LATE: Final = BUSY | UNCERTAIN | {"expired_trigger_id"}
FIRST: Final = "31009"  # the code that stands there before somebody chooses
LATE: Final = (
    "Slack gives three seconds to open a window, and they have passed. Please try once more, "
    "or type what you know, such as `/diagnose 31009 ios`."
)


def register(app: AsyncApp, office: Office) -> None:
    """Listen to the form when it is sent."""

    @app.view(FORM)
    async def sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body.get("view", {})
        said = answers(view)
        try:
            check(said, office.vocabulary)
        except FieldError as error:
            await ack(response_action="errors", errors={error.field: str(error)[:150]})
            return
        await inbox.take(office, delivered("form", place_of(of_interaction(body), view), body, said))
        await ack()


async def begin(office: Office, asker: Asker, said: Mapping[str, str]) -> None:
    """Begin what was filled in: a code counts more than a story."""
    if "code" in said or not said.get("story"):
        await lifecycle.begin(office, asker, filled_in(said, office.vocabulary))
        return
    fields = {name: value for name, value in said.items() if name in office.vocabulary.names}
    await tell(office, asker, said["story"], fields)


def check(said: Mapping[str, str], vocabulary: Vocabulary) -> None:
    """Raise `FieldError` for what cannot be meant; a code that only stood there does not outweigh a story."""
    story = said.get("story", "").strip()
    if story and said.get("code") == FIRST:
        raise FieldError("story", f"Is it {FIRST}? Then empty this. Else choose “I have no code” above.")
    filled_in({"code": vocabulary.codes[0], **said} if story else said, vocabulary)


async def open_form(office: Office, asker: Asker, given: Mapping[str, str] | None = None) -> None:
    """Open the form for *asker*, filled in with what is *given*; a trigger lives three seconds."""
    workspace = await office.workspace(asker)
    knowledge = office.desk.knowledge
    relays = await office.rights.usable(workspace, asker, office.relays.names)
    view = form(
        codes=[(one.code, one.name) for one in knowledge.errors.values()],
        platforms=[(one.id, one.title) for one in knowledge.platforms.values()],
        edges=office.vocabulary.edges,
        relays=relays,
        given={"code": FIRST, "relay": relays[0] if relays else "", "edge": office.vocabulary.roaming}
        | dict(given or {}),
        metadata=json.dumps(
            {"channel": asker.channel, "thread": asker.thread, "response_url": asker.response_url}
        ),
    )
    await open_window(workspace, asker, view)


async def open_window(workspace: Workspace, asker: Asker, view: dict[str, Any]) -> None:
    """Open *view* for *asker*; `NoWindowError` where the three seconds that Slack gives are over."""
    if not asker.trigger:
        raise NoWindowError(
            "Lineman was restarted before your form could open. Please press or type the same once more."
        )
    if asker.late:
        raise NoWindowError(LATE)
    try:
        await call(workspace.hasty.views_open, trigger_id=asker.trigger, view=view)
    except SlackError as refused:
        if refused.word in TOO_LATE:  # when it could be tried again
            raise NoWindowError(LATE) from None
        raise


class FieldError(UsageError):
    """Something in one field of the form."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def filled_in(said: Mapping[str, str], vocabulary: Vocabulary) -> Request:
    """Make the request of what was filled in; `FieldError` names the field to show the sentence at."""
    options = [(name, value) for name, value in said.items() if name in vocabulary.names]
    if not said.get("code"):
        raise FieldError("code", "Choose the error, or say below what happens.")
    try:
        return parse_words((), vocabulary, options)
    except UsageError as error:
        raise FieldError(_culprit(options, vocabulary), str(error)) from None


def _culprit(options: list[tuple[str, str]], vocabulary: Vocabulary) -> str:
    """Find the field without which the rest makes a request; the code, when there is none."""
    for name, _ in reversed(options):
        try:
            parse_words((), vocabulary, [one for one in options if one[0] != name])
        except UsageError:
            continue
        return name
    return "code"


def place_of(asker: Asker, view: Mapping[str, Any]) -> Asker:
    """Give back the place from which the form was opened."""
    try:
        kept = json.loads(str(view.get("private_metadata") or "{}"))
    except ValueError:
        kept = {}
    place = kept if isinstance(kept, dict) else {}
    return Asker(
        team=asker.team,
        user=asker.user,
        channel=str(place.get("channel", "")),
        thread=str(place.get("thread", "")),
        response_url=str(place.get("response_url", "")),
        enterprise=asker.enterprise,
    )
