"""After a restart: runs that were cut off are declared, and every message that Slack is owed is sent."""

import logging
from collections.abc import Sequence

from bot.credentials import Ice
from bot.desk import Desk
from bot.plan import make_plan
from bot.rows import RunRow
from bot.slack import outbox, runs
from bot.slack.installation import Workspace
from bot.slack.office import Office
from bot.slack.running import job_name
from bot.slack.shown import Ending
from bot.slack.web import SlackError
from bot.triage import open_matter

log = logging.getLogger(__name__)


async def resume(office: Office, cut_off: Sequence[RunRow]) -> None:
    """Declare the runs that a former process left behind, then send what else is due."""
    for run in cut_off:
        observed = await office.store.record(run.id)
        done = len(observed[1]) if observed else 0
        total = await office.bench.call(count_looks, office.desk, run)
        kept = {"done": min(done, total), "total": total}
        if await office.store.finish_run(run.id, "lost", summary=kept):
            log.warning("run %s was cut off", run.id)
            await _settle(office, run)
    for owed in await office.store.due():
        run_ = await office.store.run(owed.run)
        if owed.run not in office.running and run_ is not None and run_.status != "running":
            await _settle(office, run_)


async def declare_running(office: Office) -> None:
    """Cut off what runs here, and say so: the process has to end."""
    running = tuple(office.running.values())
    for one in running:
        await office.jobs.cancel(job_name(one.run.id))
        try:
            await runs.end_without(office, one, "lost", Ending())
        except SlackError as refused:
            log.warning("run %s could not be declared, the next start will: %s", one.run.id, refused.word)


async def _settle(office: Office, run: RunRow) -> None:
    """Bring the last state of *run* to Slack; what cannot be brought is tried at the next start."""
    try:
        workspace = await _workspace(office, run)
        if workspace:
            await outbox.settle_run(office, run.id, workspace)
    except SlackError as refused:
        log.warning("run %s could not be told: %s", run.id, refused.word)


async def _workspace(office: Office, run: RunRow) -> Workspace | None:
    case = await office.store.case(run.case)
    return await office.workspaces.get(case.team) if case else None


def count_looks(desk: Desk, run: RunRow) -> int:
    """Count the looks that *run* would have had."""
    matter = open_matter(run.request, desk.knowledge, desk.network)
    return len(make_plan(matter.cases, desk.network, Ice()).steps)
