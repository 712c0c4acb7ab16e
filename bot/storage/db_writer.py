"""Run database work in two threads: one writes in batches, one transaction each; the other reads, without a lock.

The event loop is never blocked. A caller that writes continues when its batch is on disk, and its next read sees it.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from bot.storage.address import DatabaseAddress
from bot.storage.connect import open_database, open_to_read, open_unchanged
from bot.storage.database import Database, DatabaseSession, Outcome, StoreError
from bot.storage.sqlite_sessions import SqliteReadSession, SqliteWriteSession
from probes.protocol.metrics import DATABASE_ERRORS
from probes.protocol.tally import TALLY

T = TypeVar("T")
DatabaseJob: TypeAlias = tuple[Callable[[Database], Any], "asyncio.Future[Any]"]
JobResult: TypeAlias = tuple["asyncio.Future[Any]", Any, Exception | None]
Connect: TypeAlias = Callable[[], DatabaseSession]

# Jobs per transaction: enough to make the commit cheap, few enough that the first job does not wait long.
BATCH: Final = 256


class _DatabaseThread:
    """A thread that owns one connection and runs batches of jobs on it."""

    def __init__(self, name: str, connect: Connect) -> None:
        self._jobs: queue.SimpleQueue[list[DatabaseJob] | None] = queue.SimpleQueue()
        # Those of this event-loop turn: waking the thread costs more than most jobs.
        self._asked: list[DatabaseJob] = []
        self._taken: list[DatabaseJob] = []  # handed to the thread and not finished
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

    def _live(self, connect: Connect, opened: "Future[None]") -> None:
        try:
            session = connect()
        except BaseException as error:  # noqa: BLE001 - raised in the caller that opens the database
            opened.set_exception(error)
            return
        opened.set_result(None)
        while batch := self._batch():
            outcomes = _outcomes(session, batch)
            _deliver([(done, *outcome) for (_, done), outcome in zip(batch, outcomes, strict=True)])
        session.close()

    def _batch(self) -> list[DatabaseJob]:
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

    def __init__(self, address: DatabaseAddress, *, reads_only: bool = False) -> None:
        """Open the database and apply missing migrations; `UsageError` if it is not one of Lineman.

        With *reads_only*, a file is not opened to write, so that neither a lock nor a read-only disk is in the way.
        """
        write, read = _connections(address, reads_only)
        super().__init__("store", write)
        self._reader = _DatabaseThread("store reader", read)

    async def read(self, work: Callable[[Database], T]) -> T:
        """Run *work*, which writes nothing, without waiting for anybody who writes."""
        return await self._reader.run(work)

    async def close(self) -> None:
        """Finish the queued work, then stop."""
        await self._reader.close()
        await super().close()


def _connections(address: DatabaseAddress, reads_only: bool) -> tuple[Connect, Connect]:
    """Return what opens the connection that writes, and the one that reads."""
    if isinstance(address, Path):
        return (
            lambda: SqliteWriteSession(open_unchanged(address) if reads_only else open_database(address)),
            lambda: SqliteReadSession(open_to_read(address)),
        )
    # The driver is an optional package, and takes 60 ms to import.
    from bot.storage.postgresql_sessions import PostgresReadSession, PostgresWriteSession

    return lambda: PostgresWriteSession(address), lambda: PostgresReadSession(address)


def _outcomes(session: DatabaseSession, batch: list[DatabaseJob]) -> list[Outcome]:
    try:
        return session.run([work for work, _ in batch])
    except Exception as error:  # noqa: BLE001 - the thread continues, and each caller gets the error
        return [(None, error)] * len(batch)


def _deliver(results: list[JobResult]) -> None:
    """Hand each result to the event loop of its caller."""
    for loop in {done.get_loop() for done, _, _ in results}:
        with suppress(RuntimeError):  # the event loop is closed: no caller waits
            loop.call_soon_threadsafe(_tell, [result for result in results if result[0].get_loop() is loop])


def _tell(results: list[JobResult]) -> None:
    """Deliver the results to the callers."""
    for done, result, failed in results:
        if done.done():
            continue  # cancelled
        if failed:
            if isinstance(failed, StoreError):
                TALLY.count(DATABASE_ERRORS)
            done.set_exception(failed)
        else:
            done.set_result(result)
