"""Store the terminal's runs beside those of Slack, and read them back: the same database, the same rows."""

import asyncio
import getpass
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.stored_run import summary_of
from bot.errors import UsageError, unknown_word
from bot.model.records import CaseRow, RunRow
from bot.relays.hub.paths import DATABASE, database_of, is_of_service
from bot.rendering.vantage_summary import view_together
from bot.slack.runtime.ids import new_case, new_run
from bot.slack.state.run_history import reevaluate
from bot.storage.address import DatabaseAddress
from bot.storage.database import StoreError
from bot.storage.db_writer import Writer
from bot.storage.store import Store
from bot.storage.trouble import sentences_of

T = TypeVar("T")

TEAM: Final = "terminal"  # of the cases of this host's terminal, where Slack's have their workspace
_NEWEST: Final = 1_000
_NO_RUN: Final = "No finished run is stored yet. Start one, such as: lineman diagnose 31009"


def save_run(engine: Engine, records: Sequence[RunRecord], environment: Mapping[str, str]) -> str:
    """Store a finished run and return its id; "" if that is not possible here, which harms no diagnosis."""
    with suppress(OSError, UsageError, StoreError, sqlite3.Error):
        database, own = database_of(environment), False
        if isinstance(database, Path) and not environment.get(DATABASE):
            # The bot deletes old runs from its own database by its own settings.
            own = database.parent != Path() and not is_of_service(database.parent)
        return _with_store(database, lambda store: _save(store, engine, records, sweep=own))
    return ""


async def _save(store: Store, engine: Engine, records: Sequence[RunRecord], *, sweep: bool) -> str:
    whole, now = aggregate(records), time.time()
    headline = view_together(records, engine.knowledge, engine.network).headline
    case = CaseRow(new_case(), TEAM, "", user_name(), whole.request, created=now)
    run = RunRow(
        id=new_run(),
        case=case.id,
        vantages={record.relay: record.vantage for record in records},
        request=whole.request,
        knowledge=whole.digest,
        network=whole.network,
        started=whole.started,
        status="done",
        ended=now,
        outcome=whole.diagnosis.outcome,
        summary=summary_of(records, headline, whole.diagnosis),
    )
    await store.open_case(case)
    await store.start_run(run)
    looks = [(record.relay, look) for record in records for look in record.observations.values()]
    await asyncio.gather(*(store.save_observation(run.id, relay, look) for relay, look in looks))
    if sweep:
        await store.sweep(now)
    return run.id


def list_runs(environment: Mapping[str, str], limit: int) -> tuple[RunRow, ...]:
    """List the finished runs of terminal and Slack, newest first; `UsageError` if there is none."""
    runs = _read(environment, lambda store: store.finished(limit))
    if not runs:
        raise UsageError(_NO_RUN)
    return runs


def load_run(
    engine: Engine, run_id: str | None, environment: Mapping[str, str]
) -> tuple[RunRow, tuple[RunRecord, ...]]:
    """Return a finished run, the newest without *run_id*, concluded again from its observations; `UsageError`."""
    runs = list_runs(environment, _NEWEST)
    run = next((run for run in runs if run_id in (None, run.id)), None)
    if run is None:
        raise unknown_word(
            "a stored run", str(run_id), [run.id for run in runs], "lineman history lists them"
        )
    if run.network != engine.network.id:
        raise UsageError(f"Run {run.id} used another network file. Name it with --network.")
    found = run
    stored = _read(environment, lambda store: store.record(found.id))
    request, observations = stored or (run.request, {})
    return run, reevaluate(engine, run, "", request, observations).records


def _read(environment: Mapping[str, str], read: Callable[[Store], Awaitable[T]]) -> T:
    database = database_of(environment)
    if isinstance(database, Path) and not database.exists():
        raise UsageError(_NO_RUN)
    return _with_store(database, read, reads_only=True)


def _with_store(
    database: DatabaseAddress, use: Callable[[Store], Awaitable[T]], *, reads_only: bool = False
) -> T:
    async def run() -> T:
        store = Store(Writer(database, reads_only=True)) if reads_only else Store.open(database)
        try:
            return await use(store)
        except StoreError as error:
            raise UsageError(sentences_of(error)) from error
        finally:
            await store.close()

    return asyncio.run(run())


def user_name() -> str:
    """Return who runs this process; empty if the system does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a process without a user name, as in some containers
        return ""
