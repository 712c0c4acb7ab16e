"""Run `lineman backup` and `lineman restore`: copy the database and the key that signs plans, and put them back."""

import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.cli.parser import Parser
from bot.errors import UsageError
from bot.relays.hub.paths import SIGNING_KEY, database_of
from bot.relays.hub.settings import read_hub_settings
from bot.storage.backup import back_up, restore
from probes.protocol.keys import write_private


def run_backup(words: Sequence[str]) -> int:
    """Write the copies and print what they hold. The exit code is 0."""
    target = Path(make_backup_parser().parse_args(list(words)).file)
    key, copy = _key_path(), _key_beside(target)
    if key and not key.is_file():
        key = None
    if key and copy.exists():
        raise UsageError(f"{copy} exists. Choose another name, or remove it first.")
    back_up(_file(f"pg_dump --format=custom --file={shlex.quote(str(target))}"), target)
    sys.stdout.write(f"Saved the database as {target}.\n")
    if key:
        _copy_key(key, copy)
        sys.stdout.write(f"Saved the signing key as {copy}. Keep both files private.\n")
    else:
        sys.stdout.write(
            f"The signing key is not in it: there is no key file, or {SIGNING_KEY} has the key.\n"
        )
    return 0


def run_restore(words: Sequence[str]) -> int:
    """Put the copies back and print what became of the former files. The exit code is 0."""
    backup = Path(make_restore_parser().parse_args(list(words)).file)
    database, copy = _file("pg_restore --clean --if-exists --dbname"), _key_beside(backup)
    former = restore(backup, database, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    sys.stdout.write(f"Restored {database} from {backup}.\n")
    if former:
        sys.stdout.write(f"The previous database is now {former}.\n")
    if copy.is_file():
        sys.stdout.write(_restore_key(copy))
    return 0


def make_backup_parser() -> Parser:
    """Make the parser of `lineman backup`."""
    parser = Parser(
        prog="lineman backup",
        description="Copy the database (LINEMAN_DATABASE) and the key that signs plans, while the bot and the hub run.",
        epilog="The copy has what people asked, the results, and the key. Only you can read it.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "file", help="the file to create; the key goes next to it, with .key added to the name"
    )
    return parser


def make_restore_parser() -> Parser:
    """Make the parser of `lineman restore`."""
    parser = Parser(
        prog="lineman restore",
        description="Put back a copy made by `lineman backup`. Stop the bot and the hub first.",
        epilog="The current database is kept under a name with the date. A signing key is never replaced.",
        allow_abbrev=False,
    )
    parser.add_argument("file", help="the file that `lineman backup` wrote")
    return parser


def _file(instead: str) -> Path:
    """Return the database's file; `UsageError` that names the command *instead* where it is on PostgreSQL."""
    database = database_of(os.environ)
    if isinstance(database, Path):
        return database
    key = _key_path()
    also = f" (and keep a private copy of the signing key {key}, if it exists)" if key else ""
    raise UsageError(f"The database is on PostgreSQL. Run: {instead} {shlex.quote(str(database))}{also}.")


def _key_beside(backup: Path) -> Path:
    return backup.with_name(f"{backup.name}.key")


def _key_path() -> Path | None:
    """The path of the signing key's file; None if the setting holds the key itself."""
    settings = read_hub_settings(os.environ)
    return None if settings.signing_is_text else Path(settings.signing)


def _copy_key(source: Path, target: Path) -> None:
    try:
        write_private(target, source.read_bytes())
    except OSError as error:
        raise UsageError(
            f"The signing key {source} cannot be copied to {target}: {error.strerror}."
        ) from error


def _restore_key(copy: Path) -> str:
    """Copy the key where there is none; returns a line about it."""
    path = _key_path()
    if path is None:
        return f"{SIGNING_KEY} has a key, so {copy} is not used.\n"
    if not path.exists():
        _copy_key(copy, path)
        return f"Restored the signing key {path}.\n"
    if path.read_bytes() == copy.read_bytes():
        return f"The signing key {path} is the same.\n"
    return (
        f"The signing key {path} is a different one and stays. Relays that joined with the key in {copy} refuse its "
        f"plans. To use that one, copy it to {path}.\n"
    )
