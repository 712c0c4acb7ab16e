"""Transactional outbox: messages are stored before they are sent, so that a crash neither loses nor repeats one.

The store holds the run and its state; the message itself is rendered again for each attempt.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from bot.diagnosis.revise import is_same_test
from bot.model.records import CaseRow, PostRow, RunRow
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.progress import acknowledged
from bot.rendering.blocks.run_header import RunHeader
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import OUTSIDE, PEOPLE, deliver_final, direct, find, post
from bot.slack.api.workspaces import Workspace
from bot.slack.delivery import step_results
from bot.slack.delivery.stream_start import start
from bot.slack.state import run_messages, verdict_messages
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun
from bot.slack.state.run_messages import Ending

# Renders a message in its current state, with its case; None if there is nothing left to send.
Make: TypeAlias = Callable[[AppContext, PostRow], Awaitable[tuple[Message, CaseRow] | None]]


def first_of(case: CaseRow, run: RunRow) -> PostRow:
    """Return the outbox entry for the first message of a run."""
    return PostRow(run.id, run.id, case.team, case.channel, case.thread_ts, {"state": run.status})


async def announce(
    context: AppContext, owed: PostRow, first: RunHeader, workspace: Workspace, user: str
) -> tuple[str, str, str]:
    """Post the first message of a run exactly once; returns channel and timestamp. Raises `SlackError`.

    In a thread of direct messages it is a stream, if Slack lets one start. If Lineman may not post there, the message
    goes to *user* directly, and Slack's word for why comes third.
    """
    await context.ack_priority.wait_until_idle()
    owed = await placed(context, workspace, owed)
    channel, ts, refused = owed.channel, await start(workspace, owed, first, user), ""
    if not ts:
        channel, ts, refused = await _put(context, workspace, owed, acknowledged(first), user)
    await context.store.delivered(owed.key, ts, owed.version)
    return channel, ts, refused


async def settle_run(context: AppContext, run_id: str) -> None:
    """Show the final state of a run in its message and, on a rerun, in the message of its case, too."""
    run = await context.store.run(run_id)
    case = await context.store.case(run.case) if run else None
    owed = await context.store.post(run_id)
    if run is None or case is None or owed is None:
        return
    await deliver(context, await context.store.owe(replace(owed, payload={"state": run.status})))
    if run.status == "done" and case.message_ts not in ("", owed.message_ts):
        await _owe_case(context, case, run.id, {})
    if (step := await context.store.post(step_results.key_of(run_id))) and step.due:
        await step_results.complete(context, step)


async def reply_after_end(context: AppContext, run_id: str, *, mentions: bool) -> None:
    """Post in the thread of a run, once: the open question, or that it has ended, if *mentions*."""
    run = await context.store.run(run_id)
    case = await context.store.case(run.case) if run else None
    if run is None or case is None or not case.user.startswith(PEOPLE):
        return
    if not (thread := case.thread_ts or case.message_ts):
        return
    how = {"ended": "yes"} if mentions else {"asks": "yes"}
    row = PostRow(f"end of {run.id}", run.id, case.team, case.channel, thread, how)
    await deliver(context, await context.store.owe(row))


async def refresh_case(
    context: AppContext, case: CaseRow, finished: FinishedRun, how: Mapping[str, str]
) -> None:
    """Show *finished* in the message of its case; *how* is what changed: the platform, the feedback, or the answers."""
    if case.message_ts:
        await _owe_case(context, case, finished.run, how)


async def add_to_case(context: AppContext, case: CaseRow, run_id: str, what: str) -> None:
    """Show the message of *case* again, as its reader has set it, because *what* has become known of *run_id*."""
    shown = await context.store.post(_of(case))
    how = dict(shown.payload) if shown and shown.payload.get("run") == run_id else {}
    if case.message_ts:
        await _owe_case(context, case, run_id, {**how, what: "yes"})


async def deliver(context: AppContext, owed: PostRow, make: Make | None = None) -> None:
    """Send *owed* as *make* renders it, and record that it was sent. Raises `SlackError`."""
    if step_results.EXECUTION in owed.payload:
        await step_results.complete(context, owed)
        return
    workspace = await context.workspaces.get(owed.team)
    made = await (make or _made)(context, owed)
    if made is None or workspace is None:
        await context.store.drop_post(owed.key)
        return
    message, case = made
    owed = await placed(context, workspace, owed)
    channel, ts = owed.channel, owed.message_ts
    ts = ts or await find(workspace, channel, owed.key, owed.thread_ts, owed.created)
    if ts:
        await deliver_final(workspace, channel, ts, owed.thread_ts, message)
    else:
        channel, ts, _ = await _put(context, workspace, owed, message, case.user)
    await context.store.delivered(owed.key, ts, owed.version)
    if not case.message_ts:  # the process ended before this was stored
        await context.store.bind_thread(case.id, channel, case.thread_ts or ts, ts)


async def placed(context: AppContext, workspace: Workspace, owed: PostRow) -> PostRow:
    """Replace a user id by the channel of the direct message: only a channel's history can be read."""
    if not owed.channel.startswith(PEOPLE):
        return owed
    return await context.store.owe(replace(owed, channel=await direct(workspace, owed.channel)))


async def _put(
    context: AppContext, workspace: Workspace, owed: PostRow, message: Message, user: str
) -> tuple[str, str, str]:
    """Post it; if Lineman may not post there, post it to *user* directly, and return Slack's word for why."""
    try:
        return *await post(workspace, owed.channel, message, thread=owed.thread_ts, key=owed.key), ""
    except SlackError as error:
        if error.word not in OUTSIDE or not user.startswith(PEOPLE):
            raise
        channel, refused = await direct(workspace, user), error
    if channel == owed.channel:
        raise refused
    there = await context.store.owe(replace(owed, channel=channel, thread_ts=""))
    return *await post(workspace, there.channel, message, key=there.key), refused.word


async def _owe_case(context: AppContext, case: CaseRow, run: str, how: Mapping[str, str]) -> None:
    payload = {**how, "run": run}
    row = PostRow(_of(case), run, case.team, case.channel, case.thread_ts, payload, case.message_ts)
    await deliver(context, await context.store.owe(row))


def _of(case: CaseRow) -> str:
    return f"of {case.id}"


async def _made(context: AppContext, owed: PostRow) -> tuple[Message, CaseRow] | None:
    """Render the message in its current state and return it with its case; None if there is nothing left to send."""
    how = owed.payload
    run = await context.store.run(str(how.get("run", owed.run)))
    case = await context.store.case(run.case) if run else None
    if run is None or case is None:
        return None
    message = await _message_of(context, owed, case, run)
    return (message, case) if message else None


async def _message_of(context: AppContext, owed: PostRow, case: CaseRow, run: RunRow) -> Message | None:
    """Render the message for the state of *run*."""
    how = owed.payload
    if run.status != "done":
        if how.get("ended"):
            return run_messages.ended_without_verdict(context.engine, run, case.user)
        return run_messages.no_verdict_message(context.engine, run, case.user, _ending(run))
    finished = await context.run_history.get(run.id)
    if finished is None:
        return None
    if how.get("ended"):
        return await context.worker.call(run_messages.ended_message, context.engine, finished)
    before = await context.run_history.before(finished)
    if how.get("asks"):
        return await context.worker.call(run_messages.question_message, context.engine, before, finished)
    if before and owed.key == run.id:
        return await context.worker.call(run_messages.change_message, context.engine, before, finished)
    return await context.worker.call(
        verdict_messages.verdict_message,
        context.engine,
        finished,
        platform=str(how.get("platform", "")),
        others=await others(context, case),
        earlier=before is not None,
        resolved=before is not None and _is_resolved(before, finished),
        judged=str(how.get("judged", "")),
        link=context.check_settings is not None,
    )


async def others(context: AppContext, case: CaseRow) -> tuple[str, ...]:
    """List the relays that the user who opened *case* may use in its channel."""
    workspace = await context.workspaces.get(case.team)
    if workspace is None:
        return ()
    actor = Actor(case.team, case.user, case.channel)
    return await context.permissions.usable(workspace, actor, context.relay_directory.names)


def _is_resolved(before: FinishedRun, now: FinishedRun) -> bool:
    """Whether *now* repeats the test on every relay that found a problem *before*; the caller checks the outcome."""
    if not is_same_test(before.record.request, now.record.request):
        return False
    found = {record.relay for record in before.records if record.diagnosis.found}
    return bool(found) and found <= set(now.relays)


def _ending(run: RunRow) -> Ending:
    stored = run.summary
    return Ending(
        done=int(stored.get("done", 0)),
        total=int(stored.get("total", 0)),
        by=str(stored.get("by", "")),
        reference=str(stored.get("reference", "")),
        started=run.started,
    )
