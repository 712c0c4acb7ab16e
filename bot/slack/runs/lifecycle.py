"""What people ask of a case, whichever way they ask it: begin, look again, answer, stop."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.model.records import CaseRow, RunRow
from bot.model.request import Request
from bot.rendering.blocks import notices
from bot.rendering.blocks.progress import acknowledged
from bot.slack.api.actor import Asker
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError
from bot.slack.api.post_update import PEOPLE
from bot.slack.delivery import outbox
from bot.slack.runs import execute
from bot.slack.runtime.ids import new_case, new_run
from bot.slack.state import run_messages
from bot.slack.state.active_run import Running, job_name
from bot.slack.state.context import Office
from bot.slack.state.event import ANSWERING
from bot.slack.state.finished_run import Seen, rewalked
from bot.slack.state.run_messages import Ending

GONE: Final = "This diagnosis is not kept any more. Type /diagnose to begin a new one."


async def begin(office: Office, asker: Asker, request: Request) -> str:
    """Begin a diagnosis where *asker* is, else in a direct message to them; gives the case's id."""
    if asker.thread and (case := await office.store.case_of_thread(asker.team, asker.channel, asker.thread)):
        await again(office, asker, case, request)
        return case.id
    await _let_look(office, asker, request)
    return await _open(office, asker, request)


async def again(office: Office, asker: Asker, case: CaseRow, request: Request | None = None) -> None:
    """Run *case* again, with another *request* or the same; the result is compared with the run before."""
    wanted = request or case.request
    await _let_look(office, asker, wanted)
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
    office.running.pop(run_id, None)  # it may be announced only: then it does not begin
    return await execute.end_without(office, running, "stopped", Ending(by=asker.user))


async def _conclude(office: Office, case: CaseRow, seen: Seen, request: Request) -> Seen:
    await office.store.change_case(case.id, request)
    now = await office.bench.call(rewalked, office.desk, seen, request)
    office.records.keep(now)
    await outbox.refresh_case(office, case, now, {"request": repr(request)})
    return now


async def _let_look(office: Office, asker: Asker, request: Request) -> None:
    """Let *asker* look from every relay that *request* names, or raise before anything is sent."""
    office.relays.check(request.relays)
    await office.rights.look(await office.workspace(asker), asker, request.relays)


async def _open(office: Office, asker: Asker, request: Request) -> str:
    """Keep a new case, run it for the first time, and give its id; who comes second in a thread joins the case."""
    case = CaseRow(
        id=new_case(),
        team=asker.team,
        channel=asker.channel or asker.user,
        user=asker.user,
        request=request,
        thread_ts=asker.thread,
        created=time.time(),
    )
    kept = await office.store.open_case(case)
    if kept.id != case.id:
        await office.store.change_case(kept.id, request)
    await _run(office, asker, replace(kept, request=request))
    return kept.id


async def _run(office: Office, asker: Asker, case: CaseRow) -> None:
    """Announce a run and set it going."""
    workspace, desk = await office.workspace(asker), office.desk
    run = RunRow(
        id=new_run(),
        case=case.id,
        vantages=office.relays.vantages(case.request.relays),
        request=case.request,
        knowledge=desk.knowledge.digest,
        network=desk.network.id,
        started=time.time(),
    )
    asked, owed = ANSWERING.get(), outbox.first_of(case, run)
    await office.store.start_run(run, asked.named if asked else None, owed)
    about = run_messages.about_begun(desk, run, asker.user)
    running = Running(case, run, workspace, asker.user, about)
    office.running[run.id] = running
    try:
        channel, running.ts = await outbox.announce(office, owed, acknowledged(about), workspace, asker.user)
    except BaseException as error:
        office.running.pop(run.id, None)
        cut_off = isinstance(error, asyncio.CancelledError)
        await office.store.finish_run(run.id, "lost" if cut_off else "failed")
        if cut_off:  # the next start says so
            raise
        if isinstance(error, SlackError) and error.word in BUSY | UNCERTAIN:
            return  # its message stays owed, and is sent when Slack takes it
        await office.store.drop_post(run.id)
        raise
    elsewhere = channel != case.channel and not case.channel.startswith(PEOPLE)
    running.case = replace(case, channel=channel)
    if not case.message_ts:
        thread = running.ts if elsewhere else case.thread_ts or running.ts
        await office.store.bind_thread(case.id, channel, thread, running.ts)
        running.case = replace(running.case, thread_ts=thread, message_ts=running.ts)
    if run.id in office.running:  # nobody has stopped it meanwhile
        office.jobs.start(running.name, execute.conduct(office, running))
    if elsewhere:
        await office.whisper(asker, notices.not_in_channel(f"@{workspace.name}"))
