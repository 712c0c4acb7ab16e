"""Say in words what is wrong with a database file, and what helps: locked, full, read-only, damaged, or replaced."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.storage.database import StoreError

LOCKED: Final = "another process keeps it locked"
FULL: Final = "its disk is full"
READ_ONLY: Final = "it can only be read"
DAMAGED: Final = "it is damaged"
REPLACED: Final = "its file was deleted or replaced"

STEPS: Final[Mapping[str, str]] = {
    LOCKED: "Try again soon.",
    FULL: "Free some space.",
    READ_ONLY: "Make the file and its folder writable.",
    DAMAGED: "Put a backup in its place: lineman restore FILE.",
    REPLACED: "Start Lineman again.",
}
_CODES: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
_ERRNOS: Final[Mapping[int | None, str]] = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
}
_LEAST: Final = 64 * 1024  # bytes that SQLite needs beside the file; with less, it reports an I/O error


class FileReplacedError(sqlite3.OperationalError):
    """The open file is no longer the one at its path: what is written to it is lost."""


class SqliteFailedError(StoreError):
    """The database in a file failed, with the step that helps: a sentence, or ""."""

    def __init__(self, error: sqlite3.Error, path: Path | None) -> None:
        reason = reason_of(error, path)
        super().__init__(f"the database failed: {reason}")
        self.step = STEPS.get(reason, "")


def sentences_of(error: StoreError) -> str:
    """Return what a person reads whose command ends with *error*."""
    text = str(error)
    step = error.step if isinstance(error, SqliteFailedError) else ""
    return f"{text[:1].upper()}{text[1:]}. {step}".rstrip()


def cannot_be_used(path: Path, error: Exception) -> str:
    """Return the sentences for a person whose command needs the database at *path*."""
    reason = reason_of(error, path)
    step = STEPS.get(reason, "")
    return f"The database {path} cannot be used: {reason}.{' ' if step else ''}{step}"


def reason_of(error: Exception, path: Path | None = None) -> str:
    """Return why the database fails, as part of a sentence. The space on the disk of *path* is looked at, too."""
    if isinstance(error, FileReplacedError):
        return REPLACED
    if isinstance(error, OSError):
        return _ERRNOS.get(error.errno, error.strerror or str(error))
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind
    if code == sqlite3.SQLITE_IOERR and path and _is_full(path):
        return FULL
    if code == sqlite3.SQLITE_CANTOPEN and path and path.exists() and not os.access(path.parent, os.W_OK):
        return READ_ONLY
    return _CODES.get(code, str(error))


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _LEAST
    except OSError:
        return False
