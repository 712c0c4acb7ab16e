"""Read a finished check from the database, with what the relays of the same case found."""

from collections.abc import Sequence

from bot.check_link.targets import as_browser
from bot.check_link.verdict import join, settle
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from bot.diagnosis.stored_run import conclude_stored
from bot.diagnosis.triage import Problem, prepare
from bot.model.records import RunRow
from bot.model.request import Request
from bot.storage.store import Store


async def joined_records(engine: Engine, store: Store, run_id: str) -> tuple[RunRecord, ...]:
    """Return the records of the relays, then the browser's, without the answers that they contradict each other in.

    The relays' run is the newest before the check, else the newest of the case. Empty if *run_id* is gone.
    """
    records = await check_records(engine, store, run_id)
    return join_browser(engine, records)


async def check_records(
    engine: Engine, store: Store, run_id: str, request: Request | None = None
) -> tuple[RunRecord, ...]:
    """Return the same records as each of them concludes by itself; *request* may have more answers."""
    run = await store.run(run_id)
    if run is None:
        return ()
    request = as_browser(request or run.request)
    problem = prepare(request, engine.knowledge, engine.network)
    runs = [
        other
        for other in await store.runs(run.case)
        if other.status == "done" and BROWSER_RELAY not in other.vantages
    ]
    before = [other for other in runs if other.started <= run.started] or runs
    relays = await _records(store, before[0], request, problem) if before else ()
    return (*relays, *await _records(store, run, request, problem))


def join_browser(engine: Engine, records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """Join the *records* of relays with a browser's, which is the last one."""
    if not records or records[-1].relay != BROWSER_RELAY:
        return tuple(records)
    *relays, browser = records
    problem = prepare(browser.request, engine.knowledge, engine.network)
    return join(relays, settle(browser), problem)


async def _records(store: Store, run: RunRow, request: Request, problem: Problem) -> tuple[RunRecord, ...]:
    """Conclude the relays of a stored run again, for the client that the browser is."""
    stored = await store.record(run.id)
    observations = stored[1] if stored else {}
    return tuple(
        conclude_stored(problem, run, relay, request, observations.get(relay, {})) for relay in run.relays
    )
