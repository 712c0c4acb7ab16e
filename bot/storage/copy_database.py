"""Copy an SQLite database of Lineman to an empty database on a PostgreSQL server."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bot.errors import UsageError
from bot.storage.address import PostgresAddress
from bot.storage.backup import back_up, refuse_if_in_use
from bot.storage.connect import SqliteDatabase, open_database
from bot.storage.database import insert
from bot.storage.postgresql import PostgresDatabase, connect, describe, psycopg
from bot.storage.postgresql_schema import migrate

# The columns of Lineman's tables, and which of them number the rows.
_COLUMNS: Final = (
    "SELECT table_name, column_name, is_identity = 'YES' FROM information_schema.columns WHERE table_schema = ? "
    "AND table_name NOT IN ('lineman_migrations', 'last_commits') ORDER BY table_name, ordinal_position"
)


def copy_database(source: Path, target: PostgresAddress) -> dict[str, int]:
    """Copy all rows in one transaction: all or none. Return how many there are in each table.

    *source* stays as it is. `UsageError` if a bot or hub uses it, or if *target* has rows already.
    """
    if not source.is_file():
        raise UsageError(f"There is no database at {source}.")
    refuse_if_in_use(source)
    with tempfile.TemporaryDirectory() as folder, closing(connect(target)) as there:
        part = Path(folder) / "copy.db"
        back_up(source, part)
        migrate(there, target)
        with closing(open_database(part)) as here:  # applies the steps that the source does not have yet
            try:
                with there.connection.transaction():
                    return _copy(here, there)
            except psycopg.Error as error:
                raise UsageError(
                    f"{source} cannot be copied to {target}: {describe(error, target)}."
                ) from None


def _copy(here: SqliteDatabase, there: PostgresDatabase) -> dict[str, int]:
    if not there.lock("bot"):
        raise UsageError("A bot uses the PostgreSQL database. Stop it, and copy to an empty database.")
    names, copied = set(here.table_names()), dict[str, int]()
    for table, columns in _tables(there):
        if there.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 - our tables
            raise UsageError(f"The PostgreSQL database has rows already ({table}). Copy to an empty one.")
        if table in names:  # the tables of Slack's SDK are made when they are needed
            copied[table] = _copy_table(here, there, table, columns)
    return copied


def _copy_table(here: SqliteDatabase, there: PostgresDatabase, table: str, columns: dict[str, bool]) -> int:
    listed = ", ".join(f'"{name}"' for name in columns)
    number, count = next((name for name, numbers in columns.items() if numbers), ""), 0
    order = f' ORDER BY "{number}"' if number else ""
    for row in here.query(f"SELECT {listed} FROM {table}{order}"):  # noqa: S608 - our tables and columns
        insert(there, table, row)
        count += 1
    if number:
        sequence = "SELECT setval(pg_get_serial_sequence(?, ?), coalesce(max({}), 0) + 1, false) FROM {}"
        there.execute(sequence.format(number, table), (table, number))
    return count


def _tables(there: PostgresDatabase) -> Iterator[tuple[str, dict[str, bool]]]:
    """List the tables, each with its columns and whether they number the rows."""
    tables: dict[str, dict[str, Any]] = {}
    (schema,) = there.execute("SELECT current_schema()").fetchone()
    for table, column, numbers in there.execute(_COLUMNS, (schema,)):
        tables.setdefault(table, {})[column] = numbers
    yield from tables.items()
