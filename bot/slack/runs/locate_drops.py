"""After the verdict, find out where dropped packets are lost, and add that to the verdict's message."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.diagnosis.locate import has_drops, locate
from bot.diagnosis.run_record import LOCATE, RunRecord
from bot.relays.local import from_each
from bot.slack.api.client import SlackError
from bot.slack.delivery import outbox
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun, combine
from knowledge.model.schema import Knowledge

log = logging.getLogger(__name__)


async def locate_drops(context: AppContext, running: ActiveRun, finished: FinishedRun) -> None:
    """Trace the dropped flows of *finished*, store the traces, and edit the message of the case once more."""
    dropped = {record.relay: record for record in finished.records if has_drops(record)}
    if not dropped:
        return

    async def trace(name: str) -> RunRecord:
        return await _trace(context, running, dropped[name])

    located = await from_each(tuple(dropped), trace)
    for record in located:
        for observation in record.observations.values():
            if observation.probe == LOCATE:
                await context.store.save_observation(running.run.id, record.relay, observation)
    # If somebody answered a question in between, the run was concluded again.
    now = await context.run_history.get(running.run.id)
    if now is not None:
        now = _with_traces(now, located, context.engine.knowledge)
        context.run_history.keep(now)
        await _show(context, now)


async def _trace(context: AppContext, running: ActiveRun, record: RunRecord) -> RunRecord:
    run, who = running.run, f"{running.case.team}/{running.user}"
    relay = context.relay_directory.named(
        record.relay, who, f"{run.request.case_label}, run {run.id}", run.vantages[record.relay]
    )
    async with context.relay_directory.place(record.relay, who, lambda _: None):
        return await context.worker.run(locate(record, relay))


def _with_traces(finished: FinishedRun, located: Sequence[RunRecord], knowledge: Knowledge) -> FinishedRun:
    traces = {
        record.relay: {step: look for step, look in record.observations.items() if look.probe == LOCATE}
        for record in located
    }
    records = [
        replace(record, observations={**record.observations, **traces.get(record.relay, {})})
        for record in finished.records
    ]
    return combine(finished.case, finished.run, finished.user, records, knowledge)


async def _show(context: AppContext, finished: FinishedRun) -> None:
    """Edit the message of the case, unless it has a newer run; if that fails, the outbox retries."""
    case = await context.store.case(finished.case)
    runs = await context.store.runs(finished.case)
    if case is None or runs[0].id != finished.run:
        return
    try:
        await outbox.add_to_case(context, case, finished.run, "located")
    except SlackError as error:
        log.warning("cannot show where packets of run %s are lost, will retry: %s", finished.run, error.word)
