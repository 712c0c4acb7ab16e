"""After the verdict, trace dropped packets or fill the line, and add the result to the verdict's message."""

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.diagnosis.engine import Engine
from bot.diagnosis.full_line import fill_line, make_fill_plan
from bot.diagnosis.locate import has_drops, locate
from bot.diagnosis.run_record import FILL, LOCATE, RunRecord
from bot.diagnosis.triage import prepare
from bot.relays.local import Relay, from_each
from bot.slack.api.client import SlackError
from bot.slack.delivery import outbox
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun, combine

log = logging.getLogger(__name__)

_LATER: Final = (LOCATE, FILL)  # the checks that follow the verdict


async def locate_drops(context: AppContext, running: ActiveRun, finished: FinishedRun) -> None:
    """Trace the dropped flows of *finished*, store the traces, and edit the message of the case once more."""
    dropped = {record.relay: record for record in finished.records if has_drops(record)}

    async def trace(relay: Relay, record: RunRecord) -> RunRecord:
        return await locate(record, relay)

    await _add(context, running, dropped, trace)


async def fill_lines(context: AppContext, running: ActiveRun, finished: FinishedRun) -> None:
    """Measure the round trip on the full line where that is allowed, and edit the message of the case once more."""
    network, request = context.engine.network, finished.record.request
    if not network.quality.get("fill"):
        return
    problem = await context.worker.call(prepare, request, context.engine.knowledge, network)
    fit = {record.relay: record for record in finished.records if make_fill_plan(record, problem, network)}

    async def fill(relay: Relay, record: RunRecord) -> RunRecord:
        return await fill_line(record, relay, problem, network)

    await _add(context, running, fit, fill)


async def _add(
    context: AppContext,
    running: ActiveRun,
    records: Mapping[str, RunRecord],
    check: Callable[[Relay, RunRecord], Coroutine[Any, Any, RunRecord]],
) -> None:
    """Run *check* for each of *records* by its relay, store what was observed, and edit the message of the case."""
    if not records:
        return

    async def look(name: str) -> RunRecord:
        return await _look(context, running, records[name], check)

    added = await from_each(tuple(records), look)
    for record in added:
        for observation in record.observations.values():
            if observation.probe in _LATER:
                await context.store.save_observation(running.run.id, record.relay, observation)
    # If somebody answered a question in between, the run was concluded again.
    now = await context.run_history.get(running.run.id)
    if now is not None:
        now = await context.worker.call(_with_later, context.engine, now, added)
        context.run_history.keep(now)
        await _show(context, now)


async def _look(
    context: AppContext,
    running: ActiveRun,
    record: RunRecord,
    check: Callable[[Relay, RunRecord], Coroutine[Any, Any, RunRecord]],
) -> RunRecord:
    run, who = running.run, f"{running.case.team}/{running.user}"
    relay = context.relay_directory.named(
        record.relay, who, f"{run.request.case_label}, run {run.id}", run.vantages[record.relay]
    )
    async with context.relay_directory.place(record.relay, who, lambda _: None):
        return await context.worker.run(check(relay, record))


def _with_later(engine: Engine, finished: FinishedRun, added: Sequence[RunRecord]) -> FinishedRun:
    """Add the later observations of *added*; what the full line shows may add to what was found."""
    later = {
        record.relay: {step: look for step, look in record.observations.items() if look.probe in _LATER}
        for record in added
    }
    records = [
        replace(record, observations={**record.observations, **later.get(record.relay, {})})
        for record in finished.records
    ]
    if any(look.probe == FILL for looks in later.values() for look in looks.values()):
        records = list(engine.reevaluate(records, finished.record.request))
    return combine(finished.case, finished.run, finished.user, records, engine)


async def _show(context: AppContext, finished: FinishedRun) -> None:
    """Edit the message of the case, unless it has a newer run; if that fails, the outbox retries."""
    case = await context.store.case(finished.case)
    runs = await context.store.runs(finished.case)
    if case is None or runs[0].id != finished.run:
        return
    try:
        await outbox.add_to_case(context, case, finished.run, "located")
    except SlackError as error:
        log.warning(
            "cannot show what followed the verdict of run %s, will retry: %s", finished.run, error.word
        )
