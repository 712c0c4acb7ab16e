"""Start a run: store it, post its first message, and execute it, or undo the first steps if one fails."""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial

from bot.diagnosis.device_evidence import PastedEvidence
from bot.model.records import CaseRow, PostRow, RunRow
from bot.rendering.blocks import notices
from bot.slack.api.actor import Actor
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError
from bot.slack.delivery import outbox, step_results
from bot.slack.runs import execute
from bot.slack.runs.membership import say_if_outside
from bot.slack.runtime.ids import new_run
from bot.slack.state import run_messages
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.context import AppContext
from bot.slack.state.event import CURRENT_EVENT
from bot.storage.database import RequestGoneError, StoreError
from bot.storage.until_stored import until_stored

log = logging.getLogger(__name__)


async def start_run(
    context: AppContext, actor: Actor, case: CaseRow, evidence: PastedEvidence | None
) -> None:
    """Store a run, post its first message, and start it.

    If the database fails before the run is stored, `StoreError`; later, `recovery.take_up` continues it.
    """
    workspace, engine = await context.workspace(actor), context.engine
    run = RunRow(
        id=new_run(),
        case=case.id,
        vantages=context.relay_directory.vantages(case.request.relays),
        request=case.request,
        knowledge=engine.knowledge.digest,
        network=engine.network.id,
        started=time.time(),
        summary={"user": actor.user, "call": evidence.call_sid if evidence else ""},
    )
    asked, owed = CURRENT_EVENT.get(), outbox.first_of(case, run)
    posts = (owed, *step_results.rows_of(case, run, asked))
    try:
        await context.store.start_run(
            run, asked.key if asked else None, *posts, is_stored=bool(asked and asked.stored)
        )
    except RequestGoneError:
        log.warning("an earlier attempt has stored a run of this request: `recovery.take_up` begins it")
        if asked:
            asked.attempts.undo.clear()
        return
    except StoreError:  # the database may have stored the run all the same
        _undo_later(context, run, posts)
        raise
    if asked:
        asked.attempts.started = True
    about = run_messages.header_of_active(engine, run, actor.user)
    running = ActiveRun(case, run, workspace, actor.user, about, evidence=evidence)
    context.active_runs[run.id] = running
    try:
        if (announced := await _announce(context, running, posts)) is None:
            return
        channel, running.ts, refused = announced
        await execute.begin(context, running, channel)
    except StoreError as error:
        context.active_runs.pop(run.id, None)
        log.warning("run %s waits for the database: %s", run.id, error)
        return  # it is stored that it runs: `recovery.take_up` begins it again
    context.tasks.start(f"membership of {run.id}", say_if_outside(context, actor, running))
    if refused:
        message = notices.cannot_post(
            f"@{workspace.name}", refused, sent=True, direct=actor.in_direct_messages
        )
        await context.post_ephemeral(actor, message)


async def _announce(
    context: AppContext, running: ActiveRun, posts: Sequence[PostRow]
) -> tuple[str, str, str] | None:
    """Post the first message of a run as `outbox.announce` does; None if the outbox posts later that there is none."""
    try:
        return await outbox.announce(context, posts[0], running.header, running.workspace, running.user)
    except StoreError:
        raise
    except BaseException as error:
        context.active_runs.pop(running.run.id, None)
        if isinstance(error, asyncio.CancelledError):  # the next start begins it again
            raise
        if isinstance(error, SlackError) and error.word in BUSY | UNCERTAIN:
            await context.store.finish_run(running.run.id, "failed")
            return None
        _undo_later(context, running.run, posts)
        raise


def _undo_later(context: AppContext, run: RunRow, posts: Sequence[PostRow]) -> None:
    """End a run that has not begun, after the reply that says so: if the process is killed, another one finds it."""
    asked, undo = CURRENT_EVENT.get(), partial(until_stored, partial(_undo, context, run, posts))
    if asked:
        asked.attempts.undo[undo_name(run.id)] = undo
    else:
        context.tasks.start(undo_name(run.id), undo())


async def _undo(context: AppContext, run: RunRow, posts: Sequence[PostRow]) -> None:
    """End a run that has not begun, and drop its messages."""
    await context.store.finish_run(run.id, "failed")
    for post in posts:
        await context.store.drop_post(post.key)


def undo_name(run: str) -> str:
    """Return the name of the task that ends a run whose start may not have been stored."""
    return f"undo {run}"
