"""Run jobs on an SQLite file: those that write in one transaction per batch, those that read each by itself."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bot.storage.connect import SqliteDatabase
from bot.storage.database import Outcome, Work
from bot.storage.trouble import SqliteFailedError


class SqliteWriteSession:
    """The connection that writes."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db
        self.close = db.close

    def run(self, batch: Sequence[Work]) -> list[Outcome]:
        """Run the jobs of *batch* in one transaction. A job that fails is rolled back alone."""
        db, outcomes = self._db, list[Outcome]()
        try:
            db.check_file()
            db.execute("BEGIN IMMEDIATE")
            for work in batch:
                try:
                    with db.atomic():  # a savepoint
                        outcomes.append((work(db), None))
                except Exception as error:
                    if not db.conn.in_transaction:  # the failure rolled back the whole batch
                        raise _first(error) from error
                    outcomes.append((None, _translated(error, db.file)))
            db.commit()
            db.check_file()  # else the callers would take for stored what is lost
        except Exception as error:  # noqa: BLE001 - the thread continues, and each caller gets its error
            if db.conn.in_transaction:
                db.rollback()
            return [(None, _translated(error, db.file))] * len(batch)
        return outcomes


class SqliteReadSession:
    """A connection that only reads, and waits for nobody who writes."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db
        self.close = db.close

    def run(self, batch: Sequence[Work]) -> list[Outcome]:
        """Run the jobs of *batch*, each by itself."""
        outcomes: list[Outcome] = []
        for work in batch:
            try:
                self._db.check_file()
                outcomes.append((work(self._db), None))
            except Exception as error:  # noqa: BLE001 - the thread continues, and the caller gets its error
                outcomes.append((None, _translated(error, self._db.file)))
        return outcomes


def _first(error: Exception) -> Exception:
    """Return what made SQLite roll back, such as a full disk; errors of the rollback came after it."""
    while isinstance(error.__context__, sqlite3.Error):
        error = error.__context__
    return error if isinstance(error, sqlite3.Error) else sqlite3.OperationalError("the transaction was lost")


def _translated(error: Exception, path: Path | None) -> Exception:
    if isinstance(error, sqlite3.Error):
        translated = SqliteFailedError(error, path)
        translated.__cause__ = error
        return translated
    return error
