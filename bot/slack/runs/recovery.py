"""After a restart, start the interrupted runs again, once, or close them; then send every message in the outbox."""

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from typing import Final

from bot.check_link.link_posts import is_of_link
from bot.diagnosis.engine import Engine
from bot.diagnosis.ice_servers import IceServers
from bot.diagnosis.plan import make_plan
from bot.diagnosis.triage import prepare
from bot.model.records import RESTARTED, PostRow, RunRow
from bot.slack.api import agent_session
from bot.slack.api.client import SlackError
from bot.slack.delivery import outbox
from bot.slack.runs import execute, restart
from bot.slack.runs.run_start import undo_name
from bot.slack.state.active_run import ActiveRun, job_name
from bot.slack.state.context import AppContext
from bot.slack.state.run_messages import Ending
from bot.storage.database import StoreError

log = logging.getLogger(__name__)

AGAIN: Final = 60.0  # seconds between two attempts
RESUME: Final = "resume"  # the name of the task that does it
LOOK: Final = 5.0  # seconds between two looks for runs that nobody executes
LEFT: Final = 30.0  # seconds since its start after which such a run is certainly not about to begin
ANNOUNCED: Final = 50  # messages of waiting runs that are edited at shutdown: Slack's edits of one minute


async def resume(
    context: AppContext, cut_off: Sequence[RunRow], messages: Collection[str] | None = None
) -> None:
    """Start the *cut_off* runs of the previous process again, or mark them as lost; then send what else is due.

    With *messages* (keys), only those are sent, because this process may be about to send others.
    """
    for run in cut_off:
        if run.id not in context.active_runs and not await restart.start_again(context, run):
            await _lose(context, run.id)
    for owed in await context.store.due():
        if messages is None or owed.key in messages:
            await _send(context, owed)


async def take_up(context: AppContext, left: float = LEFT) -> None:
    """Continue the runs of this bot that nobody executes, because the database failed at some moment of theirs."""
    for run in await context.store.unfinished():
        if context.tasks.running(RESUME):  # it continues them one after the other, which may take long
            return
        tasks = (*context.tasks.running(job_name(run.id)), *context.tasks.running(undo_name(run.id)))
        if run.id not in context.active_runs and not tasks and time.time() - run.started > left:
            await resume(context, (run,), ())


async def _lose(context: AppContext, run_id: str) -> None:
    """Mark an interrupted run as lost, and show that in its message."""
    run = await context.store.run(run_id)
    if run is None:
        return
    observed = await context.store.record(run.id)
    done = sum(map(len, observed[1].values())) if observed else 0
    total = await context.worker.call(count_checks, context.engine, run)
    again = {RESTARTED: True} if run.summary.get(RESTARTED) else {}
    stored = {"done": min(done, total), "total": total, "user": run.summary.get("user", ""), **again}
    if await context.store.finish_run(run.id, "lost", summary=stored):
        log.warning("run %s was interrupted", run.id)
        await _settle(context, run)


async def resend(context: AppContext) -> None:
    """Send the messages that failed because Slack was down or rate limited us."""
    for owed in await context.store.due():
        if owed.run not in context.active_runs and time.time() - owed.created > AGAIN:
            await _send(context, owed)


async def postpone_waiting(context: AppContext) -> tuple[ActiveRun, ...]:
    """Leave the runs that have not begun to the next start, and return them; it does not count as their restart."""
    waiting = tuple(running for running in context.active_runs.values() if not running.begun)
    for running in waiting:
        context.active_runs.pop(running.run.id)
        running.ended.set()
    # From the end of the queue, so that nobody moves up.
    await asyncio.gather(*(context.tasks.cancel(running.name) for running in reversed(waiting)))
    try:
        await context.store.postpone([running.run.id for running in waiting])
    except StoreError as error:  # then it does count
        log.warning("cannot record %d runs that have not begun: %s", len(waiting), error)
    return waiting


async def declare_running(context: AppContext, seconds: float, waiting: Sequence[ActiveRun] = ()) -> None:
    """Cancel all runs. Each message says that its run starts again, or that it is lost, if there is time for it.

    Then the messages of *waiting* runs say so, as many as Slack accepts. What cannot be posted within *seconds* is
    sent at the next start.
    """
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for active_run in tuple(context.active_runs.values()):
                group.create_task(_cut_off(context, active_run))
            for active_run in waiting[:ANNOUNCED]:
                group.create_task(_announce(context, active_run))
    except TimeoutError:
        log.warning("not all lost runs could be posted; the next start retries")


async def _cut_off(context: AppContext, active_run: ActiveRun) -> None:
    await context.tasks.cancel(job_name(active_run.run.id))
    if active_run.may_restart:
        await _announce(context, active_run)
    else:
        await execute.end_without_verdict(context, active_run, "lost", Ending())


async def _announce(context: AppContext, active_run: ActiveRun) -> None:
    try:
        await restart.announce_restart(context, active_run)
    except SlackError as error:
        log.warning(
            "cannot post the end of run %s, the next start retries: %s", active_run.run.id, error.word
        )


async def _settle(context: AppContext, run: RunRow) -> None:
    """Show the final state of *run* in Slack, and that its thread is not processing; the first is retried later."""
    try:
        await outbox.settle_run(context, run.id)
        if execute.is_late(run):
            await outbox.reply_after_end(context, run.id, mentions=True)
        case = await context.store.case(run.case)
        if case and (workspace := await context.workspaces.get(case.team)):
            await agent_session.rest(workspace, case.channel, case.thread_ts)
    except SlackError as refused:
        log.warning("cannot post the end of run %s: %s", run.id, refused.word)


async def _send(context: AppContext, owed: PostRow) -> None:
    """Send an outbox entry of the previous process, unless its run is in progress here."""
    if is_of_link(owed):  # a task of its own sends these
        return
    run = await context.store.run(str(owed.payload.get("run", owed.run)))
    if run is None or run.status == "running":
        return
    try:
        await outbox.deliver(context, owed)
    except SlackError as error:
        log.warning("cannot send a message of run %s: %s", run.id, error.word)


def count_checks(engine: Engine, run: RunRow) -> int:
    """Count the checks that *run* would have had, over all its relays."""
    problem = prepare(run.request, engine.knowledge, engine.network)
    return len(make_plan(problem.cases, engine.network, IceServers()).steps) * len(run.relays)
