"""The step “Run a diagnosis” of Workflow Builder: it starts a run, whose verdict goes back to the workflow."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.errors import UsageError
from bot.rendering.blocks import notices
from bot.slack.api.actor import WORKFLOW, Actor, of_event
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError
from bot.slack.api.post_update import OUTSIDE
from bot.slack.conversation import form_text
from bot.slack.delivery import inbox, step_results
from bot.slack.runs import lifecycle
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event
from bot.slack.state.permissions import NotAllowedError

STEP: Final = "diagnose"  # callback_id in the manifest
INPUTS: Final = ("channel", "code", "platform", "edge", "text")
NO_CHANNEL: Final = "Choose a channel for the verdict."
WHO: Final = (
    "A workflow can use a relay only if everyone in the workspace may use it, or if a rule names `workflow`."
)


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for the step."""

    @app.event("function_executed")
    async def executed(body: dict[str, Any]) -> None:
        event = body.get("event", {})
        if (event.get("function") or {}).get("callback_id") != STEP:
            return
        inputs = event.get("inputs") or {}
        fields = {name: str(inputs.get(name) or "").strip() for name in INPUTS}
        fields[step_results.EXECUTION] = str(event.get("function_execution_id", ""))
        actor = replace(of_event(body), user=WORKFLOW, channel=fields["channel"])
        await inbox.take(context, make_event("step", actor, body, fields, ordered=False))


async def run(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Start the diagnosis; if it cannot start, the workflow gets the reason."""
    try:
        why = await _start(context, actor, fields)
    except UsageError as wrong:
        why = str(wrong)
    except NotAllowedError as refused:
        why = f"{refused} {WHO}"
    except SlackError as refused:
        if refused.word in BUSY | UNCERTAIN:
            raise
        why = notices.cannot_post(word=refused.word).text if refused.word in OUTSIDE else refused.word
    if why:
        await step_results.fail(await context.workspace(actor), fields[step_results.EXECUTION], why)


async def _start(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> str:
    """Start the diagnosis that the inputs ask for; returns why there is none, or an empty string."""
    if not actor.channel:
        return NO_CHANNEL
    given = {name: fields[name] for name in ("code", "platform", "edge") if fields.get(name)}
    request = await form_text.request_without_choice(context, actor, fields.get("text", ""), given)
    await lifecycle.start(context, actor, request)
    return ""
