"""Start, rerun, answer, and stop a diagnosis: the operations of a case, for every listener."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.diagnosis.device_evidence import PastedEvidence
from bot.diagnosis.revise import answers_for, apply_changes
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.slack.api.actor import Actor
from bot.slack.api.post_update import DIRECT
from bot.slack.delivery import inbox, outbox
from bot.slack.runs import execute
from bot.slack.runs.run_start import start_run
from bot.slack.runtime.ids import new_case
from bot.slack.state.active_run import ActiveRun, job_name
from bot.slack.state.context import AppContext
from bot.slack.state.event import CURRENT_EVENT, InboundEvent
from bot.slack.state.finished_run import FinishedRun, reevaluate
from bot.slack.state.run_messages import Ending

GONE: Final = "This diagnosis has been deleted. Type /diagnose to start a new one."


async def start(
    context: AppContext, actor: Actor, request: Request, evidence: PastedEvidence | None = None
) -> str:
    """Start a diagnosis in the actor's channel, or else in a direct message; returns the case id.

    *evidence*: what the message contains of the call, or the service's data of it.
    """
    if actor.thread and (case := await context.store.case_of_thread(actor.team, actor.channel, actor.thread)):
        await rerun(context, actor, case, _with_earlier_answers(context, case, request), evidence)
        return case.id
    await _check_start(context, actor, request)
    return await _open(context, actor, request, evidence)


async def rerun(
    context: AppContext,
    actor: Actor,
    case: CaseRow,
    request: Request | None = None,
    evidence: PastedEvidence | None = None,
) -> None:
    """Run *case* again with its request or another *request*; the result is compared with the previous run."""
    wanted = request or case.request
    await _check_start(context, actor, wanted)
    if wanted != case.request:
        await context.store.change_case(case.id, wanted)
    await start_run(context, actor, replace(case, request=wanted), evidence)


async def answer(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun, answers: Mapping[str, str]
) -> FinishedRun:
    """Conclude *finished* again with a person's *answers*; nothing is tested again.

    The case may have moved on to another platform since: then a version that was asked for here is not its own.
    """
    vocabulary, before = context.vocabulary, finished.record.request
    given = {**answers_for(case.request, before.platform, vocabulary), **answers}
    run_request = apply_changes(before, given, vocabulary)
    lasting = answers_for(run_request, case.request.platform, vocabulary)
    case_request = apply_changes(
        case.request, {name: value for name, value in lasting.items() if name in answers}, vocabulary
    )
    await context.permissions.check_access(await context.workspace(actor), actor, before.relays)
    return await _conclude(context, case, finished, run_request, case_request)


async def conclude(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun, request: Request
) -> FinishedRun:
    """Conclude *finished* again for *request*, which its observations cover; nothing is tested again."""
    await context.permissions.check_access(
        await context.workspace(actor), actor, finished.record.request.relays
    )
    return await _conclude(context, case, finished, request, request)


async def stop(context: AppContext, actor: Actor, run_id: str) -> bool:
    """Stop a run and show in its message what was stored; false if it has already ended."""
    running = context.active_runs.get(run_id)
    if running is None:
        return False
    await context.permissions.check_access(running.workspace, actor, running.run.request.relays)
    await context.tasks.cancel(job_name(run_id))
    context.active_runs.pop(run_id, None)  # it may only be announced: then it never starts
    return await execute.end_without_verdict(context, running, "stopped", Ending(by=actor.user))


async def stop_own(context: AppContext, actor: Actor) -> tuple[int, int]:
    """Stop the runs that *actor* started in this channel; return their number, and that of other people's."""
    here = [
        running
        for running in tuple(context.active_runs.values())
        if running.case.team == actor.team and _is_in(running, actor)
    ]
    own = [running for running in here if running.user == actor.user]
    stopped = [await stop(context, actor, running.run.id) for running in own]
    passed_on, others = await _stop_elsewhere(context, actor)
    return sum(stopped) + passed_on, len(here) - len(own) + others


async def _stop_elsewhere(context: AppContext, actor: Actor) -> tuple[int, int]:
    """Do what `stop_own` does with runs of other bots: each gets the press of a Stop button."""
    here = [
        (case, run, str(run.summary.get("user") or case.user))
        for case, run in await context.store.running_elsewhere(actor.team)
    ]
    here = [(case, run, user) for case, run, user in here if _is_at(case.channel, user, actor)]
    own = [(case, run) for case, run, user in here if user == actor.user]
    asked = CURRENT_EVENT.get()
    for case, run in own:
        name = f"{asked.id if asked else actor.trigger} {run.id}"
        fields = {"verb": "stop", "case": case.id, "run": run.id}
        await inbox.take(context, InboundEvent("press", actor, name, fields))
    return len(own), len(here) - len(own)


def _is_in(running: ActiveRun, actor: Actor) -> bool:
    return _is_at(running.case.channel, running.user, actor)


def _is_at(channel: str, user: str, actor: Actor) -> bool:
    """Whether a run is shown where *actor* is; a run of the actor's own may have gone to a direct message."""
    return channel == actor.channel or (user == actor.user and channel.startswith(DIRECT))


def _with_earlier_answers(context: AppContext, case: CaseRow, request: Request) -> Request:
    """Add what was answered in *case*, where *request* begins the same code again; what it says itself counts more."""
    if request.code != case.request.code:
        return request
    earlier = answers_for(case.request, request.platform, context.vocabulary)
    return replace(request, answers={**earlier, **request.answers})


async def _conclude(
    context: AppContext, case: CaseRow, finished: FinishedRun, run_request: Request, case_request: Request
) -> FinishedRun:
    await context.store.change_case(case.id, case_request)
    now = await context.worker.call(reevaluate, context.engine, finished, run_request)
    context.run_history.keep(now)
    case = replace(case, request=case_request)
    await outbox.refresh_case(context, case, now, {"request": repr(run_request)})
    return now


async def _check_start(context: AppContext, actor: Actor, request: Request) -> None:
    """Check that *actor* may use every relay of *request*; raises before anything is posted."""
    context.relay_directory.check(request.relays)
    await context.permissions.check_start(await context.workspace(actor), actor, request.relays)


def new_case_row(actor: Actor, request: Request) -> CaseRow:
    """Make a case about *request*, where *actor* writes; a direct message's channel is its user."""
    channel = actor.channel or actor.user
    thread, now = actor.thread, time.time()
    return CaseRow(new_case(), actor.team, channel, actor.user, request, thread_ts=thread, created=now)


async def _open(context: AppContext, actor: Actor, request: Request, evidence: PastedEvidence | None) -> str:
    """Store a new case, start its first run, and return its id; if the thread already has a case, use that one."""
    case = new_case_row(actor, request)
    case_row = await context.store.open_case(case)
    if case_row.id != case.id:
        await context.store.change_case(case_row.id, request)
    await start_run(context, actor, replace(case_row, request=request), evidence)
    return case_row.id
