"""After a restart: runs that were cut off are declared, and every message that Slack is owed is sent."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final

from bot.diagnosis.engine import Desk
from bot.diagnosis.ice_servers import Ice
from bot.diagnosis.plan import make_plan
from bot.diagnosis.triage import open_matter
from bot.model.records import PostRow, RunRow
from bot.slack.api.client import SlackError
from bot.slack.delivery import outbox
from bot.slack.runs import execute
from bot.slack.state.active_run import Running, job_name
from bot.slack.state.context import Office
from bot.slack.state.run_messages import Ending

log = logging.getLogger(__name__)

AGAIN: Final = 60.0  # seconds between two tries


async def resume(office: Office, cut_off: Sequence[RunRow]) -> None:
    """Declare the runs that a former process left behind, then send what else is due."""
    for run in cut_off:
        observed = await office.store.record(run.id)
        done = sum(map(len, observed[1].values())) if observed else 0
        total = await office.bench.call(count_looks, office.desk, run)
        kept = {"done": min(done, total), "total": total}
        if await office.store.finish_run(run.id, "lost", summary=kept):
            log.warning("run %s was cut off", run.id)
            await _settle(office, run)
    for owed in await office.store.due():
        await _send(office, owed)


async def resend(office: Office) -> None:
    """Send now and then what could not be sent: Slack was away, or wanted to be left alone for long."""
    while True:
        await asyncio.sleep(AGAIN)
        for owed in await office.store.due():
            if owed.run not in office.running and time.time() - owed.created > AGAIN:
                await _send(office, owed)


async def declare_running(office: Office, seconds: float) -> None:
    """Cut off what runs here, and say so; what cannot be said in these *seconds* the next start says."""
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for one in tuple(office.running.values()):
                group.create_task(_cut_off(office, one))
    except TimeoutError:
        log.warning("not everything that was cut off could be told; the next start will")


async def _cut_off(office: Office, one: Running) -> None:
    await office.jobs.cancel(job_name(one.run.id))
    try:
        await execute.end_without(office, one, "lost", Ending())
    except SlackError as error:
        log.warning("run %s could not be told, the next start will: %s", one.run.id, error.word)


async def _settle(office: Office, run: RunRow) -> None:
    """Bring the last state of *run* to Slack; what cannot be brought is tried at the next start."""
    try:
        await outbox.settle_run(office, run.id)
    except SlackError as refused:
        log.warning("run %s could not be told: %s", run.id, refused.word)


async def _send(office: Office, owed: PostRow) -> None:
    """Send what was owed when the process ended, unless its run goes on here."""
    run = await office.store.run(owed.run)
    if run is None or run.status == "running":
        return
    try:
        await outbox.deliver(office, owed)
    except SlackError as error:
        log.warning("a message of run %s could not be sent: %s", run.id, error.word)


def count_looks(desk: Desk, run: RunRow) -> int:
    """Count the looks that *run* would have had, over all its relays."""
    matter = open_matter(run.request, desk.knowledge, desk.network)
    return len(make_plan(matter.cases, desk.network, Ice()).steps) * len(run.relays)
