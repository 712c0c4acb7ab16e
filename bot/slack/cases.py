"""What people ask of a case, whichever way they ask it: begin, look again, stop."""

import time
from collections.abc import Callable
from dataclasses import replace

from bot.replies.blocks import notices
from bot.replies.blocks.buttons import Asked
from bot.replies.blocks.progress import acknowledged
from bot.request import Request
from bot.rows import CaseRow, RunRow
from bot.slack import outbox, runs, shown
from bot.slack.asker import Asker
from bot.slack.deliver import OUTSIDE
from bot.slack.ids import new_case, new_run
from bot.slack.office import Office
from bot.slack.running import Running, job_name
from bot.slack.shown import Ending, Seen
from bot.slack.web import SlackError

GONE = "This diagnosis is not kept any more. Type /diagnose to begin a new one."


async def begin(office: Office, asker: Asker, request: Request) -> None:
    """Begin a diagnosis where *asker* is; in a direct message where Lineman may not write there."""
    if asker.thread and (case := await office.store.case_of_thread(asker.team, asker.channel, asker.thread)):
        await again(office, asker, case, lambda _: request)
        return
    office.rights.check(asker, request.relays)
    case = CaseRow(
        id=new_case(),
        team=asker.team,
        channel=asker.channel or asker.user,
        user=asker.user,
        request=request,
        thread_ts=asker.thread,
        created=time.time(),
    )
    await office.store.open_case(case)
    try:
        await _run(office, asker, case)
    except SlackError as refused:
        if refused.word not in OUTSIDE or case.channel == asker.user:
            raise
        workspace = await office.workspace(asker)
        await office.whisper(asker, notices.not_in_channel(f"@{workspace.name}"))
        elsewhere = replace(case, id=new_case(), channel=asker.user, thread_ts="")
        await office.store.open_case(elsewhere)
        await _run(office, asker, elsewhere)


async def again(
    office: Office, asker: Asker, case: CaseRow, change: Callable[[Request], Request] = lambda same: same
) -> None:
    """Run *case* again, with what *change* makes of its request; the result is compared with the run before."""
    request = change(case.request)
    office.rights.check(asker, request.relays)
    if request != case.request:
        await office.store.change_case(case.id, request)
    before = await office.records.latest(case.id)
    await _run(office, asker, replace(case, request=request), before)


async def stop(office: Office, asker: Asker, run_id: str) -> None:
    """Stop a run for good, and say what was kept."""
    running = office.running.get(run_id)
    if running is None:
        await office.whisper(
            asker, notices.refusal("This diagnosis has ended already; there is nothing to stop.")
        )
        return
    office.rights.check_stop(asker, running.run.request.relays)
    await office.jobs.cancel(job_name(run_id))
    await runs.end_without(office, running, "stopped", Ending(by=asker.user))


async def _run(office: Office, asker: Asker, case: CaseRow, before: Seen | None = None) -> None:
    """Announce a run and set it going."""
    workspace = await office.workspace(asker)
    desk = office.desk
    run = RunRow(
        id=new_run(),
        case=case.id,
        relay=desk.relay.name,
        vantage=desk.relay.vantage,
        request=case.request,
        knowledge=desk.knowledge.digest,
        network=desk.network.id,
        started=time.time(),
    )
    await office.store.start_run(run)
    running = Running(case, run, workspace, asker.user, before=before.run if before else "")
    running.about = shown.about_request(desk, run.request, Asked(case.id, run.id), asker.user)
    try:
        running.ts = await outbox.owe_run(office, case, run, acknowledged(running.about), workspace)
    except SlackError:
        await office.store.finish_run(run.id, "failed")
        await office.store.drop_post(run.id)
        raise
    if not case.message_ts:
        await office.store.bind_thread(case.id, case.channel, case.thread_ts or running.ts, running.ts)
        running.case = replace(case, thread_ts=case.thread_ts or running.ts, message_ts=running.ts)
    office.jobs.start(running.name, runs.conduct(office, running))
