"""Run jobs on PostgreSQL: those that write in one transaction per batch, those that read each by itself.

A connection that is lost is made again, and the batch is run again, unless the server has already committed it. A job
may therefore run more than once, but what it writes is there once.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, Final, TypeVar

from bot.storage.address import PostgresAddress
from bot.storage.database import Outcome, StoreError, Work
from bot.storage.postgresql import PostgresDatabase, connect, describe, psycopg
from bot.storage.postgresql_schema import migrate

log = logging.getLogger(__name__)
T = TypeVar("T")

# Seconds for which a lost connection is tried again, before jobs fail. A server restarts in less.
PATIENCE: Final = 5.0
_PAUSES: Final = (0.05, 0.1, 0.2, 0.4)  # seconds between two attempts, the last one repeated
_CONFLICTS: Final = 5  # times that a batch gives way to other processes before its jobs fail
_GIVING_WAY: Final = (0.01, 0.1)  # seconds until it tries again; the other has to come first
# The batch that a session has committed last. If the old connection is still committing one, this waits for its end.
_LAST: Final = (
    "INSERT INTO last_commits VALUES (?, 0, now()) "
    "ON CONFLICT (session) DO UPDATE SET at = excluded.at RETURNING batch"
)
# Those of sessions that ended by themselves, and did not delete their own.
_FORGET: Final = "DELETE FROM last_commits WHERE session = ? OR at < now() - interval '1 day'"


class _PostgresSession:
    """One connection, made again when it is lost."""

    def __init__(self, address: PostgresAddress, *, read_only: bool) -> None:
        self._address, self._read_only = address, read_only
        self._db = connect(address, read_only=read_only)
        self._lost_at: float | None = None

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _with_connection(self, attempt: Callable[[PostgresDatabase], T]) -> T:
        """Repeat *attempt* on new connections until `PATIENCE` seconds after the loss; then `StoreError`."""
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            try:
                result = attempt(self._connected())
            except psycopg.Error as error:
                if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    self._db.close()  # the server became a standby: another address may lead to the primary
                if not self._db.connection.closed:
                    raise
                because = describe(error, self._address)
            else:
                self._lost_at = None
                return result
            if self._lost_at is None:
                self._lost_at = time.monotonic()
                log.warning("lost the connection to the database %s: %s", self._address, because)
            if time.monotonic() - self._lost_at > PATIENCE:
                break
            time.sleep(pause)
        raise StoreError(f"the database {self._address} cannot be used: {because}")

    def _connected(self) -> PostgresDatabase:
        if self._db.connection.closed:
            self._db = PostgresDatabase(self._address, read_only=self._read_only)
            log.warning("connected to the database %s again", self._address)
        return self._db

    def _translated(self, error: Exception) -> Exception:
        if isinstance(error, psycopg.Error):  # without its cause, which repeats values of rows in tracebacks
            return StoreError(f"the database failed: {describe(error, self._address)}")
        return error


class PostgresReadSession(_PostgresSession):
    """A connection that only reads."""

    def __init__(self, address: PostgresAddress) -> None:
        super().__init__(address, read_only=True)

    def run(self, batch: Sequence[Work]) -> list[Outcome]:
        """Run the jobs of *batch*, each by itself."""
        outcomes: list[Outcome] = []
        for work in batch:
            try:
                outcomes.append((self._with_connection(work), None))
            except Exception as error:  # noqa: BLE001 - the thread continues, and the caller gets its error
                outcomes.append((None, self._translated(error)))
        return outcomes


class PostgresWriteSession(_PostgresSession):
    """The connection that writes."""

    def __init__(self, address: PostgresAddress) -> None:
        """Connect and apply missing migrations; `UsageError` if that is not possible."""
        super().__init__(address, read_only=False)
        migrate(self._db, address)
        self._batches = 0

    def close(self) -> None:
        """Delete what other sessions do not need, and close the connection."""
        if self._batches:
            with suppress(psycopg.Error):
                self._db.execute(_FORGET, (self._db.session,))
        super().close()

    def run(self, batch: Sequence[Work]) -> list[Outcome]:
        """Run the jobs of *batch* in one transaction. A job that fails is rolled back alone."""
        self._batches += 1
        transaction = _BatchTransaction(batch, self._translated, self._batches)
        try:
            return self._with_connection(transaction.attempt)
        except (psycopg.Error, StoreError) as error:
            failed = self._translated(error)
            if transaction.committing is not None:
                failed = StoreError(f"{failed}. Whether the last change was stored is not known")
            return [(None, failed)] * len(batch)


class _BatchTransaction:
    """The jobs of one batch, in one transaction that may need several attempts."""

    def __init__(
        self, batch: Sequence[Work], translated: Callable[[Exception], Exception], number: int
    ) -> None:
        self._batch, self._translated, self._number = batch, translated, number
        self._apart = False  # whether each job has a savepoint; they cost more than most jobs
        self._outcomes: list[Outcome] = []
        self.committing: int | None = None  # the session whose COMMIT may have arrived; that is not known yet

    def attempt(self, db: PostgresDatabase) -> list[Outcome]:
        """Run the jobs and commit, unless the last attempt has done so; `psycopg.Error` if the connection is lost."""
        if self.committing is not None and _is_committed(db, self.committing, self._number):
            return self._outcomes
        self.committing = None
        for _ in range(_CONFLICTS):
            try:
                return self._run(db)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as conflict:
                last = conflict
                time.sleep(random.uniform(*_GIVING_WAY))  # noqa: S311 - not for secrets
            except _JobFailedError:
                self._apart = True
        raise last

    def _run(self, db: PostgresDatabase) -> list[Outcome]:
        db.begin(self._number)
        try:
            self._outcomes = [self._job(db, work) for work in self._batch]
            self.committing = db.session if db.mark() else None
            db.commit()
        except BaseException:
            if not db.connection.closed:
                self.committing = None
                db.rollback()
            raise
        self.committing = None
        return self._outcomes

    def _job(self, db: PostgresDatabase, work: Work) -> Outcome:
        if self._apart:
            db.execute("SAVEPOINT job")
        try:
            result: Any = work(db)
        except Exception as error:
            if db.connection.closed or isinstance(error, _CONFLICTING):
                raise
            if not self._apart:
                raise _JobFailedError from error
            db.execute("ROLLBACK TO job; RELEASE job")
            return None, self._translated(error)
        if self._apart:
            db.execute("RELEASE job")
        return result, None


_CONFLICTING: Final = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.ReadOnlySqlTransaction,
)


class _JobFailedError(Exception):
    """A job failed, and the others of its batch are to run without it."""


def _is_committed(db: PostgresDatabase, session: int, batch: int) -> bool:
    """Whether the batch arrived whose connection was lost while it was being committed."""
    try:
        return bool(db.execute(_LAST, (session,)).fetchone()[0] == batch)
    except psycopg.errors.LockNotAvailable:
        raise StoreError("the database has not finished the last change") from None
