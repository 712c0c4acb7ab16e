"""Tell Workflow Builder how the diagnosis of a step ended: its outputs after a verdict, else the reason.

The row in the outbox is stored with the run, so that a crash loses no result.
"""

import logging
from collections.abc import Awaitable, Mapping
from typing import Final

from bot.diagnosis.engine import Engine
from bot.model.records import RUNNING, CaseRow, PostRow, RunRow
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError, call
from bot.slack.api.workspaces import Workspace
from bot.slack.state.context import AppContext
from bot.slack.state.event import InboundEvent
from bot.slack.state.finished_run import FinishedRun, view_of

log = logging.getLogger(__name__)

EXECUTION: Final = "execution"  # field of the event, and of the row: Slack's id of this execution of the step
LONGEST: Final = 3_000  # characters of the verdict in a workflow
ENDED: Final[Mapping[str, str]] = {
    "stopped": "Somebody stopped the diagnosis. There is no verdict.",
    "lost": "Lineman was restarted while the diagnosis ran. There is no verdict. Run the workflow again.",
    "failed": "The diagnosis could not be carried out. There is no verdict.",
}


def rows_of(case: CaseRow, run: RunRow, asked: InboundEvent | None) -> tuple[PostRow, ...]:
    """Return the outbox entry for the result of *run*, if a workflow *asked* for it."""
    execution = asked.fields.get(EXECUTION) if asked else None
    if not execution:
        return ()
    return (PostRow(key_of(run.id), run.id, case.team, case.channel, "", {EXECUTION: execution}),)


def key_of(run_id: str) -> str:
    """Return the key of the outbox entry for the result of a run."""
    return f"step {run_id}"


async def complete(context: AppContext, owed: PostRow) -> None:
    """Report the end of the run to its workflow. Raises `SlackError` if a retry may succeed."""
    run = await context.store.run(owed.run)
    case = await context.store.case(run.case) if run else None
    workspace = await context.workspaces.get(owed.team)
    if run is None or case is None or workspace is None:
        await context.store.drop_post(owed.key)
        return
    if run.status == RUNNING:
        return
    execution = str(owed.payload[EXECUTION])
    finished = await context.run_history.get(run.id) if run.status == "done" else None
    if finished is None:
        await fail(workspace, execution, ENDED.get(run.status, ENDED["failed"]))
    else:
        outputs = {
            "verdict": await context.worker.call(_verdict, context.engine, finished),
            "outcome": finished.outcome,
            "permalink": await _permalink(context, workspace, run),
        }
        await _report(
            call(workspace.client.functions_completeSuccess, function_execution_id=execution, outputs=outputs)
        )
    await context.store.delivered(owed.key, "", owed.version)


async def fail(workspace: Workspace, execution: str, why: str) -> None:
    """Report that the step has no verdict, and *why*. Raises `SlackError` if a retry may succeed."""
    await _report(call(workspace.client.functions_completeError, function_execution_id=execution, error=why))


async def _report(sent: Awaitable[object]) -> None:
    """Await what is sent; a workflow that has ended takes nothing more, so only the log says that."""
    try:
        await sent
    except SlackError as refused:
        if refused.word in BUSY | UNCERTAIN:
            raise
        log.warning("Slack did not accept the result of a workflow step: %s", refused.word)


async def _permalink(context: AppContext, workspace: Workspace, run: RunRow) -> str:
    """Return the address of the run's message; empty if Slack does not return one."""
    posted = await context.store.post(run.id)
    if posted is None or not posted.message_ts:
        return ""
    try:
        found = await call(
            workspace.client.chat_getPermalink, channel=posted.channel, message_ts=posted.message_ts
        )
    except SlackError as refused:
        log.warning("could not get the address of a message: %s", refused.word)
        return ""
    return str(found.get("permalink", ""))


def _verdict(engine: Engine, finished: FinishedRun) -> str:
    """Return the verdict in words: the result, then the text for the customer."""
    view = view_of(engine, finished)
    return "\n\n".join(text for text in (view.headline, view.customer_text) if text)[:LONGEST]
