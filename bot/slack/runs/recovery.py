"""After a restart: runs that were cut off are declared, and every message that Slack is owed is sent."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final

from bot.diagnosis.engine import Engine
from bot.diagnosis.ice_servers import IceServers
from bot.diagnosis.plan import make_plan
from bot.diagnosis.triage import prepare
from bot.model.records import PostRow, RunRow
from bot.slack.api.client import SlackError
from bot.slack.delivery import outbox
from bot.slack.runs import execute
from bot.slack.state.active_run import ActiveRun, job_name
from bot.slack.state.context import AppContext
from bot.slack.state.run_messages import Ending

log = logging.getLogger(__name__)

AGAIN: Final = 60.0  # seconds between two tries


async def resume(context: AppContext, cut_off: Sequence[RunRow]) -> None:
    """Declare the runs that a former process left behind, then send what else is due."""
    for run in cut_off:
        observed = await context.store.record(run.id)
        done = sum(map(len, observed[1].values())) if observed else 0
        total = await context.worker.call(count_looks, context.engine, run)
        stored = {"done": min(done, total), "total": total}
        if await context.store.finish_run(run.id, "lost", summary=stored):
            log.warning("run %s was cut off", run.id)
            await _settle(context, run)
    for owed in await context.store.due():
        await _send(context, owed)


async def resend(context: AppContext) -> None:
    """Send now and then what could not be sent: Slack was away, or wanted to be left alone for long."""
    while True:
        await asyncio.sleep(AGAIN)
        for owed in await context.store.due():
            if owed.run not in context.active_runs and time.time() - owed.created > AGAIN:
                await _send(context, owed)


async def declare_running(context: AppContext, seconds: float) -> None:
    """Cut off what runs here, and say so; what cannot be said in these *seconds* the next start says."""
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for active_run in tuple(context.active_runs.values()):
                group.create_task(_cut_off(context, active_run))
    except TimeoutError:
        log.warning("not everything that was cut off could be told; the next start will")


async def _cut_off(context: AppContext, active_run: ActiveRun) -> None:
    await context.tasks.cancel(job_name(active_run.run.id))
    try:
        await execute.end_without_verdict(context, active_run, "lost", Ending())
    except SlackError as error:
        log.warning("run %s could not be told, the next start will: %s", active_run.run.id, error.word)


async def _settle(context: AppContext, run: RunRow) -> None:
    """Bring the last state of *run* to Slack; what cannot be brought is tried at the next start."""
    try:
        await outbox.settle_run(context, run.id)
    except SlackError as refused:
        log.warning("run %s could not be told: %s", run.id, refused.word)


async def _send(context: AppContext, owed: PostRow) -> None:
    """Send what was owed when the process ended, unless its run goes on here."""
    run = await context.store.run(owed.run)
    if run is None or run.status == "running":
        return
    try:
        await outbox.deliver(context, owed)
    except SlackError as error:
        log.warning("a message of run %s could not be sent: %s", run.id, error.word)


def count_looks(engine: Engine, run: RunRow) -> int:
    """Count the looks that *run* would have had, over all its relays."""
    problem = prepare(run.request, engine.knowledge, engine.network)
    return len(make_plan(problem.cases, engine.network, IceServers()).steps) * len(run.relays)
