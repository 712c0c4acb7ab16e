"""Run database work in two threads: one writes in batches, one transaction each; the other reads, without a lock.

The event loop is never blocked. A caller that writes continues when its batch is on disk, and its next read sees it.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from sqlite_utils import Database

from bot.storage.connect import open_database, open_to_read

T = TypeVar("T")
WriteJob: TypeAlias = tuple[Callable[[Database], Any], "asyncio.Future[Any]"]
WriteResult: TypeAlias = tuple["asyncio.Future[Any]", Any, BaseException | None]
BatchRunner: TypeAlias = Callable[[Database, list[WriteJob]], None]

# Jobs per transaction: enough to make the commit cheap, few enough that the first job does not wait long.
BATCH: Final = 256


class StoreError(Exception):
    """The database failed: disk full, file damaged, or the store is closed."""


class _DatabaseThread:
    """A thread that owns one connection and runs batches of jobs on it."""

    def __init__(self, name: str, connect: Callable[[], Database], run_batch: BatchRunner) -> None:
        self._run_batch = run_batch
        self._jobs: queue.SimpleQueue[list[WriteJob] | None] = queue.SimpleQueue()
        self._asked: list[
            WriteJob
        ] = []  # of this event-loop turn: waking the thread costs more than most jobs
        self._taken: list[WriteJob] = []  # handed to the thread and not finished
        self._closed = threading.Lock()  # held once closing starts
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, args=(connect, opened), name=name, daemon=True)
        self._thread.start()
        opened.result()

    async def run(self, work: Callable[[Database], T]) -> T:
        """Run *work* in the thread, and return its result."""
        if self._closed.locked():
            raise StoreError("the store is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._hand_over)
        self._asked.append((work, done))
        return await done  # a cancelled caller stops waiting, but its work is still done

    async def close(self) -> None:
        """Finish the queued work, then stop."""
        if self._closed.acquire(blocking=False):
            self._hand_over()
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        """Hand the jobs since the last call to the thread."""
        asked, self._asked = self._asked, []
        if asked:
            self._jobs.put(asked)

    def _live(self, connect: Callable[[], Database], opened: "Future[None]") -> None:
        try:
            db = connect()
        except BaseException as error:  # noqa: BLE001 - raised in the caller that opens the database
            opened.set_exception(error)
            return
        opened.set_result(None)
        while batch := self._batch():
            self._run_batch(db, batch)
        db.close()

    def _batch(self) -> list[WriteJob]:
        """Wait for a job, and take the jobs queued behind it. An empty batch means the end."""
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


class Writer(_DatabaseThread):
    """The connection that writes. What `run` returned is on disk, in full or not at all."""

    def __init__(self, path: Path) -> None:
        """Open *path* and apply missing migrations; `UsageError` if it is not a Lineman database."""
        super().__init__("store", lambda: open_database(path), _commit)
        self._reader = _DatabaseThread("store reader", lambda: open_to_read(path), _read_all)

    async def read(self, work: Callable[[Database], T]) -> T:
        """Run *work*, which writes nothing, without waiting for anybody who writes."""
        return await self._reader.run(work)

    async def close(self) -> None:
        """Finish the queued work, then stop."""
        await self._reader.close()
        await super().close()


def _commit(db: Database, batch: list[WriteJob]) -> None:
    """Run the jobs of *batch* in one transaction. A job that fails is rolled back alone."""
    results: list[WriteResult] = []
    try:
        db.execute("BEGIN IMMEDIATE")
        for work, done in batch:
            try:
                with db.atomic():  # a savepoint
                    results.append((done, work(db), None))
            except Exception as error:
                if not db.conn.in_transaction:  # the failure rolled back the whole batch
                    raise sqlite3.OperationalError("the transaction was lost") from error
                results.append((done, None, _translated(error)))
        db.commit()
    except Exception as error:  # noqa: BLE001 - the thread continues, and each caller gets its error
        if db.conn.in_transaction:
            db.rollback()
        results = [(done, None, _translated(error)) for _, done in batch]
    _deliver(results)


def _read_all(db: Database, batch: list[WriteJob]) -> None:
    """Run the jobs of *batch*, each by itself."""
    results: list[WriteResult] = []
    for work, done in batch:
        try:
            results.append((done, work(db), None))
        except Exception as error:  # noqa: BLE001 - the thread continues, and the caller gets its error
            results.append((done, None, _translated(error)))
    _deliver(results)


def _deliver(results: list[WriteResult]) -> None:
    """Hand each result to the event loop of its caller."""
    for loop in {done.get_loop() for done, _, _ in results}:
        with suppress(RuntimeError):  # the event loop is closed: no caller waits
            loop.call_soon_threadsafe(_tell, [result for result in results if result[0].get_loop() is loop])


def _tell(results: list[WriteResult]) -> None:
    """Deliver the results to the callers."""
    for done, result, failed in results:
        if done.done():
            continue  # cancelled
        if failed:
            done.set_exception(failed)
        else:
            done.set_result(result)


def _translated(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        translated = StoreError(f"the database failed: {error}")
        translated.__cause__ = error
        return translated
    return error
