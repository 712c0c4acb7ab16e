"""Read a finished check from the database, with what the relays of the same case found."""

from bot.check_link.targets import RELAY, as_browser
from bot.check_link.verdict import join
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.stored_run import conclude_stored
from bot.diagnosis.triage import Problem, prepare
from bot.model.records import RunRow
from bot.model.request import Request
from bot.storage.store import Store


async def joined_records(engine: Engine, store: Store, run_id: str) -> tuple[RunRecord, ...]:
    """Return the records of the relays' newest run of the case, then the browser's; empty if *run_id* is gone."""
    run = await store.run(run_id)
    if run is None:
        return ()
    request = as_browser(run.request)
    problem = prepare(request, engine.knowledge, engine.network)
    (browser,) = await _records(store, run, request, problem)
    others = [
        other
        for other in await store.runs(run.case)
        if other.status == "done" and RELAY not in other.vantages
    ]
    if not others:
        return (browser,)
    return join(await _records(store, others[0], request, problem), browser, problem)


async def _records(store: Store, run: RunRow, request: Request, problem: Problem) -> tuple[RunRecord, ...]:
    """Conclude the relays of a stored run again, for the client that the browser is."""
    stored = await store.record(run.id)
    observations = stored[1] if stored else {}
    return tuple(
        conclude_stored(problem, run, relay, request, observations.get(relay, {})) for relay in run.relays
    )
