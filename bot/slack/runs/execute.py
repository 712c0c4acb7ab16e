"""Execute a run: wait for a slot, run the checks, show progress, store the result, post the verdict or the error."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from bot.diagnosis.device_evidence import apply_device_reading
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.stored_run import summary_of
from bot.diagnosis.triage import Progress, triage
from bot.errors import UsageError
from bot.model.records import RESTARTED, Ended, RunRow
from bot.relays.local import Relay, from_each
from bot.rendering.blocks.decision_path import follow
from bot.rendering.blocks.message import Message
from bot.rendering.layer_progress import layers_of
from bot.rendering.vantage_summary import side_of
from bot.slack.api.client import SlackError
from bot.slack.api.live_message import LiveMessage, live_message
from bot.slack.api.post_update import PEOPLE
from bot.slack.api.update_pacer import Priority
from bot.slack.delivery import outbox
from bot.slack.runs.agent_work import show_work
from bot.slack.runs.locate_drops import fill_lines, locate_drops
from bot.slack.runtime.ids import new_reference
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import combine, headline_of
from bot.slack.state.progress_messages import progress_message
from bot.slack.state.run_messages import Ending
from bot.storage.until_stored import until_stored
from probes.protocol.log_format import add_log_ids
from probes.protocol.metrics import CHECK_SECONDS, RUNS_ENDED, RUNS_STARTED
from probes.protocol.model import Observation
from probes.protocol.tally import TALLY

log = logging.getLogger(__name__)

NOTIFY_AFTER = 15.0  # seconds; after that, people look away, and an edit notifies nobody


async def begin(context: AppContext, running: ActiveRun, channel: str) -> None:
    """Bind the case to the message of its first run, in *channel*, and start the run."""
    case = running.case
    elsewhere = channel != case.channel and not case.channel.startswith(PEOPLE)
    running.case = replace(case, channel=channel)
    if not case.message_ts:
        thread = running.ts if elsewhere else case.thread_ts or running.ts
        await context.store.bind_thread(case.id, channel, thread, running.ts)
        running.case = replace(running.case, thread_ts=thread, message_ts=running.ts)
    # not stopped in the meantime, and not left to the next process
    if running.run.id in context.active_runs and not context.stopping.is_set():
        context.tasks.start(running.name, execute_run(context, running))
        context.tasks.start(f"session of {running.run.id}", show_work(context, running))


async def execute_run(context: AppContext, running: ActiveRun) -> None:
    """Execute a run and show its verdict; an internal error is shown with a reference."""
    add_log_ids(run=running.run.id, case=running.case.id)
    TALLY.count(RUNS_STARTED)
    try:
        await _execute(context, running)
    finally:
        running.ended.set()


async def _execute(context: AppContext, running: ActiveRun) -> None:
    live = live_message(running.workspace, running.case.channel, running.ts, context.holds)
    try:
        async with live:
            records = await from_each(running.run.relays, partial(_in_line, context, running, live))
            finished = await context.worker.call(
                combine, running.case.id, running.run.id, running.user, records, context.engine
            )
            text = await context.worker.call(headline_of, context.engine, finished)
    except Exception as error:
        reference = new_reference()
        log.exception("run %s failed: %s", running.run.id, reference)
        why = str(error) if isinstance(error, UsageError) else ""
        await end_without_verdict(context, running, "failed", Ending(reference=f"{reference} {why}".strip()))
        return
    finally:
        context.active_runs.pop(running.run.id, None)
    summary = summary_of(records, text, finished.record.diagnosis)
    if await _finish(context, running, "done", summary, finished.outcome):
        TALLY.count(RUNS_ENDED, finished.outcome)
        context.run_history.keep(finished)
        await _report_progress(context, running)
        late = is_late(running.run)
        if late or finished.record.diagnosis.next_question:
            await _in_slack(outbox.reply_after_end(context, running.run.id, mentions=late), running)
        await locate_drops(context, running, finished)
        await fill_lines(context, running, finished)


async def end_without_verdict(context: AppContext, running: ActiveRun, how: Ended, ending: Ending) -> bool:
    """End a run without a verdict and show that in its message; false if it had already ended."""
    running.ended.set()
    summary = {"done": running.done, "total": running.total, "by": ending.by, "reference": ending.reference}
    summary["user"] = running.user
    if not running.may_restart:
        summary[RESTARTED] = True
    if not await _finish(context, running, how, summary):
        return False
    TALLY.count(RUNS_ENDED, how)
    await _report_progress(context, running)
    if how != "stopped" and is_late(running.run):
        await _in_slack(outbox.reply_after_end(context, running.run.id, mentions=True), running)
    return True


async def _finish(
    context: AppContext, running: ActiveRun, how: Ended, summary: Mapping[str, Any], outcome: str = ""
) -> bool:
    """Store how a run ended, as soon as the database takes it; false if it had already ended."""
    finish = partial(context.store.finish_run, running.run.id, how, outcome, summary)
    return await until_stored(finish)


def is_late(run: RunRow) -> bool:
    """Whether the person who asked is likely to have looked away."""
    return time.time() - run.started > NOTIFY_AFTER


async def _report_progress(context: AppContext, running: ActiveRun) -> None:
    """Show the end of a run in Slack; if that fails, the outbox retries."""
    await _in_slack(outbox.settle_run(context, running.run.id), running)


async def _in_slack(posted: Awaitable[None], running: ActiveRun) -> None:
    """Await what is posted; if Slack refuses it, the outbox retries."""
    try:
        await posted
    except SlackError as error:
        log.warning("cannot post the end of run %s, will retry: %s", running.run.id, error.word)


async def _in_line(context: AppContext, running: ActiveRun, live: LiveMessage, name: str) -> RunRecord:
    """Wait for a slot on the relay *name*, then run the checks there."""
    run, who = running.run, f"{running.case.team}/{running.user}"
    relay = context.relay_directory.named(
        name, who, f"{run.request.case_label}, run {run.id}", run.vantages[name]
    )
    here = asyncio.get_running_loop()

    def make() -> Message:
        cards = running.workspace.streams.cards
        return progress_message(running.header, tuple(running.progress.values()), cards=cards)

    def wait(before: int) -> None:
        running.progress[name] = replace(running.progress[name], before=before)
        live.show(make, Priority.LINE)

    def tell(progress: Progress) -> None:  # called in the worker thread
        far = running.progress[name]
        passed = follow(far.passed, progress, context.engine.knowledge)
        running.progress[name] = replace(
            far, passed=passed, done=progress.done, total=progress.total, layers=layers_of(progress)
        )
        here.call_soon_threadsafe(live.show, make)

    async with context.relay_directory.place(name, who, wait):
        running.begun = True
        running.progress[name] = replace(running.progress[name], before=None)
        record = await context.worker.run(_run_on(context, running, relay, tell))
    side = side_of(record)
    running.progress[name] = replace(running.progress[name], ended=side.headline, outcome=side.outcome)
    live.show(make)
    return record


async def _run_on(
    context: AppContext, running: ActiveRun, relay: Relay, tell: Callable[[Progress], None]
) -> RunRecord:
    """Run the checks and store each observation as it arrives; runs in the worker thread."""
    engine, coming = context.engine, asyncio.Queue[Observation]()

    def heard(progress: Progress) -> None:
        observation = progress.observation
        if observation.has_result:
            TALLY.time(CHECK_SECONDS, observation.runtime, observation.probe)
        coming.put_nowait(observation)
        tell(progress)

    texts: set[str] = set()

    async def keep() -> None:
        while True:
            observation = await coming.get()
            await context.store.save_observation(running.run.id, relay.name, observation)
            texts.add(observation.step)

    async with _beside(keep()):
        record = await triage(
            running.run.request, engine.knowledge, engine.network, relay, engine.settings, heard
        )
    if found := running.evidence:
        record = apply_device_reading(
            record, found.reading, engine.knowledge, engine.network, on_device=found.on_device
        ).record
    for step, item in record.observations.items():
        if step not in texts:
            await until_stored(partial(context.store.save_observation, running.run.id, relay.name, item))
    return record


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run *work* while the block runs; cancel it on exit."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
