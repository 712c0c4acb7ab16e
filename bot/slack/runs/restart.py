"""Start a run again, once, that a restart of the process interrupted: in its own message, for the same person."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.diagnosis.call_data import fetch_call
from bot.diagnosis.device_evidence import PastedEvidence
from bot.errors import UsageError
from bot.model.records import CaseRow, PostRow, RunRow
from bot.rendering.blocks import run_endings
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import find, update
from bot.slack.delivery import outbox
from bot.slack.runs import execute
from bot.slack.state import run_messages
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.context import AppContext
from bot.slack.state.permissions import NotAllowedError
from bot.storage.database import StoreError

log = logging.getLogger(__name__)

WITHIN: Final = 3600.0  # seconds since the request; later, nobody waits for the result any more


async def start_again(context: AppContext, run: RunRow) -> bool:
    """Start the interrupted *run* again; false if it has been started again before, is too old, or is not allowed."""
    case, owed = await context.store.case(run.case), await context.store.post(run.id)
    if case is None or owed is None or time.time() - run.started > WITHIN:
        return False
    if not await _is_allowed(context, case, run):
        return False
    summary = await context.store.start_again(run.id)
    if summary is None:
        return False
    log.warning("run %s was interrupted and starts again", run.id)
    try:
        await _begin(context, case, replace(run, summary=summary), owed)
    except SlackError as error:
        log.warning("cannot start run %s again: %s", run.id, error.word)
        context.active_runs.pop(run.id, None)
        return False
    except StoreError:
        context.active_runs.pop(run.id, None)
        raise
    return True


async def announce_restart(context: AppContext, running: ActiveRun) -> None:
    """Say in the message of *running* that it starts again after the restart. Raises `SlackError`."""
    context.active_runs.pop(running.run.id, None)
    if running.ts:
        message = run_endings.restarting(running.header)
        await update(running.workspace, running.case.channel, running.ts, message)


async def _is_allowed(context: AppContext, case: CaseRow, run: RunRow) -> bool:
    """Whether the person who started *run* may still use its relays."""
    actor = Actor(case.team, _starter(case, run.summary), case.channel, case.thread_ts)
    try:
        context.relay_directory.check(run.request.relays)
        await context.permissions.check_access(await context.workspace(actor), actor, run.request.relays)
    except (UsageError, NotAllowedError, SlackError) as error:
        log.warning("run %s does not start again: %s", run.id, type(error).__name__)
        return False
    return True


async def _begin(context: AppContext, case: CaseRow, run: RunRow, owed: PostRow) -> None:
    """Show *run* in its message, and execute it. Raises `SlackError`."""
    user = _starter(case, run.summary)
    workspace = await context.workspace(Actor(case.team, user))
    header = run_messages.header_of_active(context.engine, run, user)
    running = ActiveRun(case, run, workspace, user, header, evidence=await _call_of(context, run))
    context.active_runs[run.id] = running
    channel, running.ts = await _message(context, owed, running)
    await execute.begin(context, running, channel)


async def _message(context: AppContext, owed: PostRow, running: ActiveRun) -> tuple[str, str]:
    """Return channel and timestamp of the run's message; post it if the crash came first. Raises `SlackError`."""
    workspace = running.workspace
    owed = await outbox.placed(context, workspace, owed)
    ts = owed.message_ts or await find(workspace, owed.channel, owed.key, owed.thread_ts, owed.created)
    if not ts:
        channel, ts, _ = await outbox.announce(context, owed, running.header, workspace, running.user)
        return channel, ts
    await context.store.delivered(owed.key, ts, owed.version)
    return owed.channel, ts


async def _call_of(context: AppContext, run: RunRow) -> PastedEvidence | None:
    """Fetch the service's data of the call that *run* is about; the previous process had them in memory only."""
    sid = str(run.summary.get("call", ""))
    if not sid:
        return None
    engine = context.engine
    call = await context.worker.run(fetch_call(sid, engine.network, engine.settings))
    return PastedEvidence(call.reading, call_sid=sid) if call.reading else None


def _starter(case: CaseRow, summary: Mapping[str, Any]) -> str:
    return str(summary.get("user") or case.user)
