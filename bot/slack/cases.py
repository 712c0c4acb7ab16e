"""What people ask of a case, whichever way they ask it: begin, look again, answer, stop."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.replies.blocks import notices
from bot.replies.blocks.buttons import Asked
from bot.replies.blocks.progress import acknowledged
from bot.request import Request
from bot.rows import CaseRow, RunRow
from bot.slack import inbox, outbox, runs, shown
from bot.slack.asker import Asker
from bot.slack.deliver import OUTSIDE
from bot.slack.ids import new_case, new_run
from bot.slack.office import Office
from bot.slack.running import Running, job_name
from bot.slack.shown import Ending, Seen
from bot.slack.web import SlackError

GONE: Final = "This diagnosis is not kept any more. Type /diagnose to begin a new one."


async def begin(office: Office, asker: Asker, request: Request) -> str:
    """Begin a diagnosis where *asker* is, else in a direct message to them; gives the case's id."""
    workspace = await office.workspace(asker)
    if asker.thread and (case := await office.store.case_of_thread(asker.team, asker.channel, asker.thread)):
        await again(office, asker, case, request)
        return case.id
    await office.rights.look(workspace, asker, request.relays)
    place = asker.channel or asker.user
    try:
        return await _open(office, asker, request, place, asker.thread)
    except SlackError as error:
        if error.word not in OUTSIDE or place == asker.user:
            raise
        await office.whisper(asker, notices.not_in_channel(f"@{workspace.name}"))
        return await _open(office, asker, request, asker.user, "")


async def again(office: Office, asker: Asker, case: CaseRow, request: Request | None = None) -> None:
    """Run *case* again, with another *request* or the same; the result is compared with the run before."""
    wanted = request or case.request
    await office.rights.look(await office.workspace(asker), asker, wanted.relays)
    if wanted != case.request:
        await office.store.change_case(case.id, wanted)
    await _run(office, asker, replace(case, request=wanted))


async def answer(office: Office, asker: Asker, case: CaseRow, seen: Seen, told: Mapping[str, str]) -> Seen:
    """Continue the walk of *seen* with what a person has *told*; nothing is looked at anew."""
    await office.rights.use(await office.workspace(asker), asker, seen.record.request.relays)
    request = replace(case.request, told={**case.request.told, **told})
    return await _conclude(office, case, seen, request)


async def view_as(office: Office, asker: Asker, case: CaseRow, seen: Seen, platform: str) -> Seen:
    """Conclude for one *platform* alone from looks that were made for every one."""
    await office.rights.use(await office.workspace(asker), asker, seen.record.request.relays)
    return await _conclude(office, case, seen, replace(case.request, platform=platform))


async def stop(office: Office, asker: Asker, run_id: str) -> bool:
    """Stop a run for good, and say in its message what was kept; false if it is over."""
    running = office.running.get(run_id)
    if running is None:
        return False
    await office.rights.use(running.workspace, asker, running.run.request.relays)
    await office.jobs.cancel(job_name(run_id))
    return await runs.end_without(office, running, "stopped", Ending(by=asker.user))


async def _conclude(office: Office, case: CaseRow, seen: Seen, request: Request) -> Seen:
    await office.store.change_case(case.id, request)
    record = await office.bench.call(shown.rewalked, office.desk, seen.record, request)
    now = replace(seen, record=record)
    office.records.keep(now)
    await outbox.refresh_case(office, case, now, {"request": repr(request)})
    return now


async def _open(office: Office, asker: Asker, request: Request, place: str, thread: str) -> str:
    """Keep a new case, and run it for the first time; gives its id."""
    case = CaseRow(
        id=new_case(),
        team=asker.team,
        channel=place,
        user=asker.user,
        request=request,
        thread_ts=thread,
        created=time.time(),
    )
    await office.store.open_case(case)
    await _run(office, asker, case)
    return case.id


async def _run(office: Office, asker: Asker, case: CaseRow) -> None:
    """Announce a run and set it going."""
    workspace, desk = await office.workspace(asker), office.desk
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
    await office.store.start_run(run, inbox.ASKED.get())
    about = shown.about_request(desk, run.request, Asked(case.id, run.id), asker.user)
    running = Running(case, run, workspace, asker.user, about)
    office.running[run.id] = running
    try:
        channel, running.ts = await outbox.announce(office, case, run, acknowledged(about), workspace)
    except BaseException:
        del office.running[run.id]
        await office.store.finish_run(run.id, "failed")
        await office.store.drop_post(run.id)
        raise
    if not case.message_ts:
        thread = case.thread_ts or running.ts
        await office.store.bind_thread(case.id, channel, thread, running.ts)
        running.case = replace(case, channel=channel, thread_ts=thread, message_ts=running.ts)
    office.jobs.start(running.name, runs.conduct(office, running))
