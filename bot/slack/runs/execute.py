"""One run from its place in the line to its verdict: look, show, keep, and say so whatever happens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from bot.diagnosis.triage import CaseRecord, Progress, triage
from bot.errors import UsageError
from bot.model.records import Ended
from bot.relays.local import Relay, from_each
from bot.rendering.blocks.decision_path import follow
from bot.rendering.blocks.message import Message
from bot.rendering.vantage_summary import side_of
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import Live
from bot.slack.api.update_pacer import Rank
from bot.slack.delivery import outbox
from bot.slack.runtime.ids import new_reference
from bot.slack.state import run_messages
from bot.slack.state.active_run import Running
from bot.slack.state.context import Office
from bot.slack.state.finished_run import headline_of, seen_of
from bot.slack.state.run_history import summary_of
from bot.slack.state.run_messages import Ending
from probes.protocol.model import Observation

log = logging.getLogger(__name__)


async def conduct(office: Office, running: Running) -> None:
    """Run, show the verdict, and keep everything; a fault of ours is told with a reference."""
    live = Live(running.workspace, running.case.channel, running.ts)
    try:
        async with live:
            records = await from_each(running.run.relays, partial(_in_line, office, running, live))
            seen = await office.bench.call(seen_of, running.case.id, running.run.id, running.user, records)
            told = await office.bench.call(headline_of, office.desk, seen)
    except Exception as error:
        reference = new_reference()
        log.exception("run %s has failed: %s", running.run.id, reference)
        why = str(error) if isinstance(error, UsageError) else ""
        await end_without(office, running, "failed", Ending(reference=f"{reference} {why}".strip()))
        return
    finally:
        office.running.pop(running.run.id, None)
    summary = summary_of(records, told, seen.record.diagnosis)
    if await office.store.finish_run(running.run.id, "done", seen.outcome, summary):
        office.records.keep(seen)
        await _told(office, running)


async def end_without(office: Office, running: Running, how: Ended, told: Ending) -> bool:
    """End a run that has no verdict, and say so in its message; false if it had ended before."""
    kept = {"done": running.done, "total": running.total, "by": told.by, "reference": told.reference}
    if not await office.store.finish_run(running.run.id, how, summary=kept):
        return False
    await _told(office, running)
    return True


async def _told(office: Office, running: Running) -> None:
    """Bring the end of a run to Slack; what cannot be brought now stays owed, and is tried again later."""
    try:
        await outbox.settle_run(office, running.run.id)
    except SlackError as error:
        log.warning("the end of run %s is still to be told: %s", running.run.id, error.word)


async def _in_line(office: Office, running: Running, live: Live, name: str) -> CaseRecord:
    """Wait for a place on the relay *name*, then look from there."""
    run, who = running.run, f"{running.case.team}/{running.user}"
    relay = office.relays.named(name, run.vantages[name], who, f"{run.request.what}, run {run.id}")
    here = asyncio.get_running_loop()

    def make() -> Message:
        return run_messages.under_way(running.about, tuple(running.far.values()))

    def wait(before: int) -> None:
        running.far[name] = replace(running.far[name], before=before)
        live.show(make, Rank.LINE)

    def tell(progress: Progress) -> None:  # called at the bench
        far = running.far[name]
        passed = follow(far.passed, progress, office.desk.knowledge)
        running.far[name] = replace(far, passed=passed, done=progress.done, total=progress.total)
        here.call_soon_threadsafe(live.show, make)

    async with office.relays.place(name, who, wait):
        running.far[name] = replace(running.far[name], before=None)
        record = await office.bench.run(_look(office, running, relay, tell))
    side = side_of(record)
    running.far[name] = replace(running.far[name], ended=side.headline, outcome=side.outcome)
    live.show(make)
    return record


async def _look(
    office: Office, running: Running, relay: Relay, tell: Callable[[Progress], None]
) -> CaseRecord:
    """Look, and keep each observation as it comes; runs at the bench."""
    desk, coming = office.desk, asyncio.Queue[Observation]()

    def heard(progress: Progress) -> None:
        coming.put_nowait(progress.observation)
        tell(progress)

    kept: set[str] = set()

    async def keep() -> None:
        while True:
            one = await coming.get()
            await office.store.save_observation(running.run.id, relay.name, one)
            kept.add(one.step)

    async with _beside(keep()):
        record = await triage(running.run.request, desk.knowledge, desk.network, relay, desk.settings, heard)
    for step, one in record.observations.items():
        if step not in kept:
            await office.store.save_observation(running.run.id, relay.name, one)
    return record


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run *work* while the block runs, and no longer."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
