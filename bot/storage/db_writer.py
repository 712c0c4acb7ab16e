"""The one thread that touches the database: work is queued, done in batches, one transaction each.

Nothing here blocks the event loop; a job's caller goes on when its batch is on the disk.
"""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from sqlite_utils import Database

from bot.errors import UsageError
from bot.storage import migrations
from bot.storage.migrations import STEPS

T = TypeVar("T")
WriteJob: TypeAlias = tuple[Callable[[Database], Any], "asyncio.Future[Any]"]
WriteResult: TypeAlias = tuple["asyncio.Future[Any]", Any, BaseException | None]

# Jobs of one transaction: enough to make the commit cheap, few enough that the first is not kept waiting.
BATCH: Final = 256

# Milliseconds to wait for another process (a second worker on the same file) to end its transaction.
BUSY: Final = 5000


class StoreError(Exception):
    """The database could not do it: disk full, file damaged, or the store is closed."""


class Writer:
    """Owns the connection and the thread."""

    def __init__(self, path: Path) -> None:
        """Open *path* and bring it up to date; `UsageError` if it is no database of ours."""
        self._jobs: queue.SimpleQueue[list[WriteJob] | None] = queue.SimpleQueue()
        self._asked: list[
            WriteJob
        ] = []  # in this turn of the event loop: waking the thread costs more than most jobs
        self._taken: list[WriteJob] = []  # by the thread, and not done yet
        self._closed = threading.Lock()  # held from closing on
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, args=(path, opened), name="store", daemon=True)
        self._thread.start()
        opened.result()

    async def run(self, work: Callable[[Database], T]) -> T:
        """Do *work* in the thread; it is all or nothing, and on the disk when this returns."""
        if self._closed.locked():
            raise StoreError("the store is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._hand_over)
        self._asked.append((work, done))
        return await done  # somebody who is cancelled stops waiting; what was asked for is done all the same

    async def close(self) -> None:
        """Do what is queued, then end."""
        if self._closed.acquire(blocking=False):
            self._hand_over()
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        """Give the thread what was asked for since the last time."""
        asked, self._asked = self._asked, []
        if asked:
            self._jobs.put(asked)

    def _live(self, path: Path, opened: "Future[None]") -> None:
        try:
            db = open_database(path)
        except BaseException as error:  # noqa: BLE001 - handed to whoever opens, not lost in this thread
            opened.set_exception(error)
            return
        opened.set_result(None)
        while batch := self._batch():
            _commit(db, batch)
        db.close()

    def _batch(self) -> list[WriteJob]:
        """Wait for a job, and take those behind it; none at the end."""
        if not self._taken:
            self._taken = self._jobs.get() or []
        while self._taken and len(self._taken) < BATCH:
            try:
                more = self._jobs.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._jobs.put(None)  # the end, for the next turn
                break
            self._taken += more
        batch, self._taken = self._taken[:BATCH], self._taken[BATCH:]
        return batch


def open_database(path: Path) -> Database:
    """Open the database at *path*, readable by its owner only, and apply what migrations it lacks."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = Database(path)
        db.execute(f"PRAGMA busy_timeout={BUSY}")
        db.enable_wal()
        # In WAL a killed process loses nothing; a power cut may lose the last moments, never the file.
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA secure_delete=ON")  # what retention deletes is overwritten
        _migrate(db)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"The database {path} cannot be used: {error}.") from error
    return db


def _migrate(db: Database) -> None:
    db.execute("BEGIN IMMEDIATE")  # of two processes that start together, one waits here
    try:
        STEPS.apply(db)
    except BaseException:
        db.rollback()
        raise
    db.commit()
    newer = [step.name for step in STEPS.applied(db) if not hasattr(migrations, step.name)]
    if newer:
        db.close()
        raise UsageError(
            f"The database was made by a newer version of Lineman ({newer[-1]}); update Lineman."
        )


def _commit(db: Database, batch: list[WriteJob]) -> None:
    """Do the jobs of *batch* in one transaction; one that fails is undone alone."""
    results: list[WriteResult] = []
    try:
        db.execute("BEGIN IMMEDIATE")
        for work, done in batch:
            try:
                with db.atomic():  # a savepoint
                    results.append((done, work(db), None))
            except Exception as error:
                if not db.conn.in_transaction:  # it took the whole batch with it
                    raise sqlite3.OperationalError("the transaction was lost") from error
                results.append((done, None, _translated(error)))
        db.commit()
    except Exception as error:  # noqa: BLE001 - the thread lives on, and every caller hears of it
        if db.conn.in_transaction:
            db.rollback()
        results = [(done, None, _translated(error)) for _, done in batch]
    for loop in {done.get_loop() for done, _, _ in results}:
        with suppress(RuntimeError):  # it was closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, [result for result in results if result[0].get_loop() is loop])


def _tell(results: list[WriteResult]) -> None:
    """Let those who asked go on."""
    for done, result, failed in results:
        if done.done():
            continue  # cancelled
        if failed:
            done.set_exception(failed)
        else:
            done.set_result(result)


def _translated(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        translated = StoreError(f"the database refuses: {error}")
        translated.__cause__ = error
        return translated
    return error
