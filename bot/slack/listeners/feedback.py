"""Feedback on a verdict, stored with its run; it informs the weights of the causes."""

import json
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.model.records import CaseRow, FeedbackVerdict
from bot.redaction.redact import redact
from bot.rendering.blocks import notices
from bot.rendering.blocks.modals import FEEDBACK, answers
from bot.rendering.blocks.modals import feedback as window
from bot.slack.api.actor import Actor, of_interaction
from bot.slack.delivery import inbox, outbox
from bot.slack.listeners.views import open_window
from bot.slack.state import run_messages
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event
from bot.slack.state.finished_run import FinishedRun

OTHER = "other"  # the cause is not in the list


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for the submitted modal."""

    @app.view(FEEDBACK)
    async def sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body.get("view", {})
        about = json.loads(view.get("private_metadata") or "{}")
        fields = answers(view) | {"run": str(about.get("run", ""))}
        await inbox.take(context, make_event("judgement", of_interaction(body), body, fields, ordered=False))
        await ack()


async def judge(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun, verdict: FeedbackVerdict
) -> None:
    """Store the vote, and *verdict* for every cause that was found, and show it below the verdict."""
    await context.store.save_vote(finished.run, verdict, actor.user)
    for finding in finished.record.diagnosis.found:
        await context.store.save_feedback(finished.run, finding.cause, verdict, actor.user)
    await outbox.refresh_case(
        context, case, await context.run_history.latest(case.id) or finished, {"judged": verdict}
    )


async def confirm(context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun) -> None:
    """Keep that the verdict was right, and say thanks."""
    await judge(context, actor, case, finished, "right")
    header = run_messages.header_of_finished(context.engine, finished)
    await context.post_ephemeral(actor, notices.thanks(header, "right"))


async def contest(context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun) -> None:
    """Keep that the verdict was wrong, and ask what it was."""
    try:
        await ask_why(context, actor, finished)
    finally:  # it counts, whether or not there was time for a window
        await judge(context, actor, case, finished, "wrong")


async def ask_why(context: AppContext, actor: Actor, finished: FinishedRun) -> None:
    """Open the modal that asks for the actual cause."""
    found = {finding.cause for finding in finished.record.diagnosis.found}
    causes = [
        (cause.id, cause.title) for cause in context.engine.knowledge.causes.values() if cause.id not in found
    ]
    workspace = await context.workspace(actor)
    await open_window(workspace, actor, window(finished.asked, causes))


async def keep(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Store the submitted feedback, with its text redacted."""
    finished = await context.run_history.get(fields.get("run", ""))
    if finished is None:
        return
    words = redact(fields.get("words", "")).text
    for finding in finished.record.diagnosis.found:
        await context.store.save_feedback(finished.run, finding.cause, "wrong", actor.user, words)
    cause = fields.get("cause", OTHER)
    if cause in context.engine.knowledge.causes:
        await context.store.save_feedback(finished.run, cause, "right", actor.user, words)
