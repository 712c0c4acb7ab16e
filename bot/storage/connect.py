"""Open the database file: to write, with its migrations applied, or to read only."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bot.errors import UsageError
from bot.storage import migrations
from bot.storage.migrations import STEPS
from bot.storage.more_tables import make_tables

# Milliseconds to wait for the transaction of another process (a second worker on the same file).
BUSY: Final = 5000


class SqliteDatabase(Database):
    """An SQLite file, with what `bot.storage.database` asks for besides queries."""

    def lock(self, name: str) -> bool:
        """Return True: SQLite lets one connection write at a time."""
        return bool(name)

    def data_version(self) -> str:
        """Return a text that changes whenever another connection has written to the file."""
        return str(self.execute("PRAGMA data_version").fetchone()[0])


def open_database(path: Path) -> SqliteDatabase:
    """Open the database at *path*, readable by its owner only, and apply missing migrations."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        check_mode(path)
        db = SqliteDatabase(path)
        db.execute(f"PRAGMA busy_timeout={BUSY}")
        db.enable_wal()
        # With WAL, a killed process loses nothing. A power failure may lose the last moments, but never the
        # file.
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA secure_delete=ON")  # data deleted by retention is overwritten
        _migrate(db)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"The database {path} cannot be used: {error}.") from error
    return db


def check_mode(path: Path) -> None:
    """Raise `UsageError` if everybody on this machine may read or write *path*: it can hold tokens of Slack.

    A group may: volumes of a container are often made so.
    """
    if path.stat().st_mode & 0o007:
        raise UsageError(f"Everybody on this machine can open {path}. Run: chmod 600 {path}")


def open_to_read(path: Path) -> SqliteDatabase:
    """Open the database at *path*, which exists, for queries only."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        connection.execute(f"PRAGMA busy_timeout={BUSY}")
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"The database {path} cannot be used: {error}.") from error
    return SqliteDatabase(connection)


def _migrate(db: SqliteDatabase) -> None:
    db.execute("BEGIN IMMEDIATE")  # if two processes start together, one waits here
    try:
        STEPS.apply(db)
        make_tables(db)
    except BaseException:
        db.rollback()
        raise
    db.commit()
    newer = [step.name for step in STEPS.applied(db) if not hasattr(migrations, step.name)]
    if newer:
        db.close()
        raise UsageError(
            f"The database was created by a newer version of Lineman ({newer[-1]}). Update Lineman."
        )
