"""Look at a PostgreSQL database without changing it, for `lineman doctor` and `lineman labels`."""

from contextlib import closing
from typing import Any, Literal

from bot.errors import UsageError
from bot.storage.address import PostgresAddress
from bot.storage.postgresql import PostgresDatabase, connect, describe, psycopg
from bot.storage.postgresql_schema import STEPS, applied_steps

_ENCRYPTED = (
    "SELECT inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr() "
    "OR (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
)


def check_server(address: PostgresAddress) -> tuple[Literal["ok", "problem"], str, str]:
    """Return the state of the database, what was found, and the next step; `UsageError` if it cannot be reached."""
    with closing(connect(address)) as db:
        try:
            steps = applied_steps(db)
            if newer := sorted(steps - STEPS.keys()):
                found = f"{address} was created by a newer version of Lineman ({newer[-1]})."
                return "problem", found, "Update Lineman."
            if not steps:
                found = f"There are no tables at {address} yet. The first lineman serve or invite makes them."
                return "ok", found, ""
            _write_nothing(db)
            (encrypted,) = db.execute(_ENCRYPTED).fetchone()
        except psycopg.Error as error:
            step = "Give this user permission to read and write Lineman's tables."
            return "problem", f"{address} cannot be written: {describe(error, address)}.", step
    if not encrypted:
        found = f"The connection to {address} is not encrypted."
        return "problem", found, "Add ?sslmode=verify-full to LINEMAN_DATABASE, and set up TLS on the server."
    return "ok", f"{address} can be reached and written.", ""


def read_rows(address: PostgresAddress, sql: str) -> list[Any]:
    """Return the rows of a query; `UsageError` if that is not possible."""
    with closing(connect(address, read_only=True)) as db:
        try:
            return list(db.execute(sql))
        except psycopg.Error as error:
            raise UsageError(
                f"{address} cannot be read as the bot's database: {describe(error, address)}."
            ) from None


def _write_nothing(db: PostgresDatabase) -> None:
    """Take the steps of a write, and undo them."""
    with db.connection.transaction(force_rollback=True):
        db.execute("INSERT INTO events VALUES ('', 'lineman doctor', 0) ON CONFLICT DO NOTHING")
