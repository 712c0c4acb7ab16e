"""Say why an event could not be handled: to the person who asked, or to the workflow whose step it was."""

import logging

from bot.errors import UsageError
from bot.rendering.blocks import notices
from bot.rendering.blocks.message import Message
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import OUTSIDE
from bot.slack.delivery import step_results
from bot.slack.runtime.ids import new_reference
from bot.slack.state.context import AppContext
from bot.slack.state.event import InboundEvent, NoWindowError
from bot.slack.state.permissions import NotAllowedError
from bot.storage.database import StoreError

log = logging.getLogger(__name__)


async def report(context: AppContext, event: InboundEvent, failure: Message) -> None:
    """Send *failure*. The step of a workflow ends with it. Raises `SlackError` if a retry may succeed."""
    if execution := event.fields.get(step_results.EXECUTION):
        await step_results.fail(await context.workspace(event.actor), execution, failure.text)
    else:
        await context.post_ephemeral(event.actor, failure)


async def explain(context: AppContext, event: InboundEvent, error: Exception) -> Message:
    """Say what went wrong. What only an operator can mend is logged."""
    if isinstance(error, NoWindowError):
        return notices.note(str(error))
    if isinstance(error, UsageError):
        return notices.usage(str(error), await context.examples(event.actor))
    if isinstance(error, NotAllowedError):
        return notices.refusal(str(error), error.instead)
    if isinstance(error, SlackError):
        return await _in_words(context, event.actor, error)
    reference = new_reference()
    if isinstance(error, StoreError):
        log.error("the store failed while handling an event (%s): %s", reference, error)
        return notices.error(f"Your request could not be carried out, because {error}.", reference)
    log.error("internal error %s", reference, exc_info=error)
    return notices.error("Your request could not be carried out.", reference)


async def _in_words(context: AppContext, actor: Actor, refused: SlackError) -> Message:
    """Explain an error from Slack to the person who can fix it."""
    log.warning("error from Slack: %s", refused.word)
    if refused.word in OUTSIDE:
        name = f"@{(await context.workspace(actor)).name}"
        return notices.cannot_post(name, refused.word, direct=actor.in_direct_messages)
    if refused.word == "missing_scope":
        return notices.missing_scope(refused.needed or ("unknown",))
    return notices.error(f"Slack did not accept the answer ({refused.word}).", new_reference())
