"""Open the database file: to write, with its migrations applied, or to read only."""

import hashlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bot.errors import UsageError
from bot.storage import migrations
from bot.storage.migrations import STEPS
from bot.storage.more_tables import LAST, make_tables
from bot.storage.trouble import FileReplacedError, cannot_be_used
from probes.protocol.file_owner import foreign_owner_note

# What SQLite keeps beside the file of a database.
JOURNALS: Final = ("-wal", "-shm", "-journal")
# Milliseconds to wait for the transaction of another process (a second worker on the same file).
BUSY: Final = 5000


class SqliteDatabase(Database):
    """An SQLite file, with what `bot.storage.database` asks for besides queries."""

    file: Path | None = None
    _inode: tuple[int, int] | None = None

    def remember_file(self, path: Path) -> None:
        """Remember which file is at *path* now, for `check_file`."""
        self.file = path.absolute()
        self._inode = _inode(self.file)

    def check_file(self) -> None:
        """Raise `FileReplacedError` if another file, or none, is at the path now: SQLite would not notice."""
        if self.file and _inode(self.file) != self._inode:
            raise FileReplacedError

    def lock(self, name: str) -> bool:
        """Return True: SQLite lets one connection write at a time."""
        return bool(name)

    def join_texts(self, sql: str, known: str) -> tuple[str, str | None]:
        """Join the column `text` of all rows of *sql*, and return a digest and the text, unless that is *known*."""
        text = self.execute(f"SELECT group_concat(text, ',') FROM ({sql})").fetchone()[0] or ""  # noqa: S608 - ours
        digest = hashlib.sha256(text.encode()).hexdigest()
        return digest, None if digest == known else text

    def data_version(self) -> str:
        """Return a text that changes whenever another connection has written to the file."""
        return str(self.execute("PRAGMA data_version").fetchone()[0])


def open_database(path: Path) -> SqliteDatabase:
    """Open the database at *path*, readable by its owner only, and apply missing migrations."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_owner(path)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        check_access(path)
        db = SqliteDatabase(path)
        db.execute(f"PRAGMA busy_timeout={BUSY}")
        db.enable_wal()
        # With WAL, a killed process loses nothing. A power failure may lose the last moments, but never the
        # file.
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA secure_delete=ON")  # data deleted by retention is overwritten
        if _is_older(db):  # else nothing is written, so that a lock of another process is no trouble
            _migrate(db)
        _check_version(db)
        db.remember_file(path)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(cannot_be_used(path, error)) from error
    return db


def open_unchanged(path: Path) -> SqliteDatabase:
    """Open the database at *path*, which exists, to read; only an older version's is opened to write and migrated."""
    db = open_to_read(path)
    try:
        check_access(path)
        if _is_older(db):
            db.close()
            return open_database(path)
        _check_version(db)
    except (OSError, sqlite3.Error) as error:
        db.close()
        raise UsageError(cannot_be_used(path, error)) from error
    return db


def check_access(path: Path) -> None:
    """Raise `UsageError` if another user owns *path*, or everybody may open it: it can hold tokens of Slack.

    A group may: volumes of a container are often made so.
    """
    check_owner(path)
    if path.stat().st_mode & 0o007:
        raise UsageError(f"Everybody on this machine can open {path}. Run: chmod 600 {path}")


def check_owner(path: Path) -> None:
    """Raise `UsageError` if another user owns *path*, or what SQLite would read with it."""
    for file in files_of(path):
        if note := foreign_owner_note(file):
            raise UsageError(note)


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the file of a database, and those that SQLite may keep beside it."""
    return path, *(path.with_name(path.name + ending) for ending in JOURNALS)


def open_to_read(path: Path) -> SqliteDatabase:
    """Open the database at *path*, which exists, for queries only."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        connection.execute(f"PRAGMA busy_timeout={BUSY}")
        db = SqliteDatabase(connection)
        db.remember_file(path)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(cannot_be_used(path, error)) from error
    return db


def _is_older(db: Database) -> bool:
    """Tell whether tables are missing."""
    return bool(STEPS.pending(db)) or LAST not in db.table_names()


def _migrate(db: SqliteDatabase) -> None:
    db.execute("BEGIN IMMEDIATE")  # if two processes start together, one waits here
    try:
        STEPS.apply(db)
        make_tables(db)
    except BaseException:
        db.rollback()
        raise
    db.commit()


def _check_version(db: Database) -> None:
    newer = [step.name for step in STEPS.applied(db) if not hasattr(migrations, step.name)]
    if newer:
        db.close()
        raise UsageError(
            f"The database was created by a newer version of Lineman ({newer[-1]}). Update Lineman."
        )


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
