"""Copy the database while it is in use, and put a copy back."""

import os
import sqlite3
from contextlib import closing, suppress
from errno import EEXIST
from pathlib import Path
from typing import Final

from bot.errors import UsageError
from bot.storage.connect import files_of, open_database, open_to_read
from bot.storage.trouble import DAMAGED, STEPS, cannot_be_used, reason_of

PAGES: Final = 256  # copied at a time, so that writers get their turn
MARK: Final = "cases"  # a table that every database of Lineman has


def back_up(database: Path, target: Path) -> None:
    """Write a consistent copy of *database* to the new file *target*, readable by its owner only.

    Processes that use the database go on. `UsageError` if a file cannot be used; *target* is then not made.
    """
    if not database.is_file():
        raise UsageError(
            f"There is no database at {database}. Name it in LINEMAN_DATABASE, or its folder in LINEMAN_HOME."
        )
    part = target.with_name(f"{target.name}.part")
    try:
        _refuse_existing(target)
        _copy(database, part)
        check(part, database)
        _link(part, target)
    except FileExistsError:
        _refuse_existing(target)
        raise
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        _remove(part)


def restore(backup: Path, database: Path, moment: str) -> Path | None:
    """Put *backup* in the place of *database*; return where the former database is now, if there was one.

    *moment* becomes part of that name. `UsageError` if the database is in use, or *backup* is not one of Lineman's.
    """
    if not backup.is_file():
        raise UsageError(f"There is no file {backup}.")
    check(backup)
    part, former = database.with_name(f"{database.name}.part"), None
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy(backup, part)
        open_database(part).close()  # applies missing migrations, and refuses a newer version's
        refuse_if_in_use(part)
        former = _put_aside(database, moment)
        part.replace(database)
    except OSError as error:
        raise UsageError(f"{database} cannot be written: {error.strerror}.") from error
    finally:
        _remove(part)
    return former


def _put_aside(database: Path, moment: str) -> Path | None:
    """Give *database* another name, which is returned, and its journals. It stays at its place, too, if it exists.

    A journal that is left there, also without its database, would become part of the one that is restored.
    """
    former = database.with_name(f"{database.name}.{moment}")
    exists = database.exists()
    if exists:
        refuse_if_in_use(database)
        _link(database, former)
    for journal, aside in zip(files_of(database)[1:], files_of(former)[1:], strict=True):
        with suppress(FileNotFoundError):
            journal.rename(aside)
    return former if exists else None


def _link(path: Path, other: Path) -> None:
    """Give the file another name beside its own: a process that is killed leaves it where it was.

    FileExistsError if there is such a file. On a disk without links, the file loses its own name.
    """
    try:
        other.hardlink_to(path)
    except FileExistsError:
        raise
    except OSError as error:
        if other.exists():
            raise FileExistsError(EEXIST, os.strerror(EEXIST), str(other)) from error
        path.rename(other)


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise UsageError(f"{target} exists. Choose another name, or remove it first.")


def _remove(part: Path) -> None:
    """Remove what is left of a copy, if the disk lets us."""
    for file in files_of(part):
        with suppress(OSError):
            file.unlink(missing_ok=True)


def check(path: Path, source: Path | None = None) -> None:
    """Raise `UsageError` unless *path* is an undamaged database of Lineman. The message names its *source*."""
    name = source or path
    try:
        with closing(open_to_read(path)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        reason = reason_of(error, path)
        words = (
            f"{name} is not an undamaged database: {error}."
            if reason == DAMAGED
            else cannot_be_used(name, error)
        )
        raise UsageError(words) from error
    if MARK not in tables:
        raise UsageError(f"{name} is not a database of Lineman.")
    if state != "ok":
        raise UsageError(f"{name} is damaged: {' '.join(state.split())}.")


def _copy(source: Path, target: Path) -> None:
    try:
        for file in files_of(target):  # of a process that was killed
            file.unlink(missing_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(open_to_read(source)) as here, closing(sqlite3.connect(target)) as there:
            here.conn.backup(there, pages=PAGES, sleep=0.01)
            there.execute("PRAGMA journal_mode=DELETE")  # one file, without a journal beside it
    except (OSError, sqlite3.Error) as error:
        reason = next(
            (found for path in (target, source) if (found := reason_of(error, path)) in STEPS), str(error)
        )
        raise UsageError(f"{source} cannot be copied to {target}: {reason}.") from error


def refuse_if_in_use(database: Path) -> None:
    """Write the journal back into the file; `UsageError` if another process has the database open."""
    try:
        with closing(sqlite3.connect(database, timeout=1.0)) as db:
            (mode,) = db.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError:
        mode = "wal"
    except sqlite3.DatabaseError:
        return  # damaged: that may be why there is a restore
    if mode != "delete":
        raise UsageError(
            f"{database} is in use. Stop `lineman serve` and `lineman hub`, then run this again."
        )
