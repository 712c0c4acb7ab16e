"""Connect to PostgreSQL: the SQL of the tables in its dialect, and its errors without anything secret.

`psycopg` is an optional package: only an address of PostgreSQL imports this module.
"""

import secrets
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, Final, cast

from bot.errors import UsageError, printable
from bot.storage.address import PostgresAddress
from bot.storage.database import ResultRows

try:
    import psycopg as psycopg  # for the modules that build on this one
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.rows import dict_row
except ImportError as missing:
    raise UsageError(
        "PostgreSQL needs the packages psycopg and libpq. Install them with: pip install 'psycopg[binary]'"
    ) from missing

# Seconds and probes until a connection counts as lost, if the address sets nothing else. Without these, a network
# that drops packets would block every write for minutes.
_LIVENESS: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "lineman",
}
_OLDEST: Final = 130000  # PostgreSQL 13 is the first with the functions for transactions that Lineman needs

# As long as a writer waits on SQLite. A process that was stopped in a transaction gives its locks back.
# The server, too, notices within seconds that a machine is gone, and drops the locks of its bot.
_PATIENCE: Final = (
    "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s'; "
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"
)
# The last batch of a session, in the same transaction: it is there if and only if the batch is. The id of the
# transaction would not show that, because a server that crashes may use it again.
_MARK: Final = (
    "INSERT INTO last_commits SELECT ?, ?, now() WHERE pg_current_xact_id_if_assigned() IS NOT NULL "
    "ON CONFLICT (session) DO UPDATE SET batch = excluded.batch, at = excluded.at RETURNING batch"
)
_READ_ONLY: Final = "; SET default_transaction_read_only = on"
# The sum does not depend on the order, which changes with every update. OFFSET 0: it is computed once.
_JOIN: Final = (
    "SELECT digest, CASE WHEN digest <> ? THEN joined END FROM ("
    "SELECT concat(count(*), ' ', sum(hashtextextended(text, ?))) AS digest, coalesce(string_agg(text, ','), '') "
    "AS joined FROM ({}) AS texts OFFSET 0) AS all_texts"
)


class PostgresDatabase:
    """One connection to a server."""

    def __init__(self, address: PostgresAddress, *, read_only: bool = False) -> None:
        """Connect once; `psycopg.Error` if that fails."""
        self._seed = secrets.randbits(62)  # of digests: nobody can choose texts that have the same
        # In the marks of transactions. Each connection has its own: a lost one may hold its mark for a minute.
        self.session = secrets.randbits(62)
        settings = _LIVENESS | conninfo_to_dict(address.url) | {"client_encoding": "UTF8"}
        # Statements are not prepared: that fails behind a pooler, and after a migration.
        self.connection = psycopg.connect(make_conninfo(**settings), autocommit=True, prepare_threshold=None)
        if self.connection.info.server_version < _OLDEST:
            self.close()
            raise UsageError(f"The server of {address} is too old. Lineman needs PostgreSQL 13 or later.")
        self.connection.execute(_PATIENCE + (_READ_ONLY if read_only else ""))
        self._begins = False  # a transaction, with the next statement
        self._mark = (0, 0)
        self._is_marked: bool | None = False  # None: it may have changed something since

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> ResultRows:
        """Run one statement."""
        return cast("ResultRows", self._run(self.connection.cursor(), sql, values))

    def query(self, sql: str, values: Sequence[Any] = (), /) -> list[dict[str, Any]]:
        """Run one statement and return its rows, each by the names of its columns."""
        cursor = self._run(self.connection.cursor(row_factory=dict_row), sql, values)
        return cast("list[dict[str, Any]]", cursor.fetchall())

    def begin(self, batch: int) -> None:
        """Begin a transaction, in the same round trip as its first statement; *batch* is its number in its mark."""
        self._begins, self._mark, self._is_marked = True, (self.session, batch), False

    def mark(self) -> bool:
        """Leave the mark of the transaction; false if it has changed nothing, and needs none."""
        if self._is_marked is None:
            marked = self._run(self.connection.cursor(), _MARK, self._mark)
            self._is_marked = marked.fetchone() is not None
        return self._is_marked

    def commit(self) -> None:
        """Commit the transaction."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction."""
        self._end("ROLLBACK")

    def _end(self, sql: str) -> None:
        if not self._begins:  # else it had no statement
            self.connection.execute(sql)
        self._begins, self._is_marked = False, False

    def _run(self, cursor: Any, sql: str, values: Sequence[Any] = ()) -> Any:
        ready: tuple[Any, ...] = (_translated(sql), _values(values)) if values else (sql,)
        if self._begins:
            self._begins = False
            with self._pipeline():
                self.connection.execute("BEGIN")
                cursor.execute(*ready)
                marked = self.connection.execute(_translated(_MARK), self._mark)
            self._is_marked = marked.fetchone() is not None
        else:
            self._is_marked = self._is_marked or None
            cursor.execute(*ready)
        return cursor

    def _pipeline(self) -> AbstractContextManager[object]:
        """Send what follows without waiting for answers, if libpq can: since version 14."""
        return self.connection.pipeline() if psycopg.Pipeline.is_supported() else nullcontext()

    def lock(self, name: str, /) -> bool:
        """Take a lock that no other process has until this transaction ends; False if another has it."""
        return bool(self.execute("SELECT pg_try_advisory_xact_lock(?)", (lock_key(name),)).fetchone()[0])

    def join_texts(self, sql: str, known: str, /) -> tuple[str, str | None]:
        """Join the column `text` of all rows of *sql*, and return a digest and the text, unless that is *known*."""
        digest, text = self.execute(_JOIN.format(sql), (known, self._seed)).fetchone()
        return digest, text

    def data_version(self) -> str:
        """Return a text that changes whenever a transaction that changed anything has ended."""
        return str(self.execute("SELECT pg_current_snapshot()::text").fetchone()[0])

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def connect(address: PostgresAddress, *, read_only: bool = False) -> PostgresDatabase:
    """Connect once; `UsageError` in words for an operator if that fails."""
    try:
        return PostgresDatabase(address, read_only=read_only)
    except psycopg.Error as error:
        raise UsageError(f"The database {address} cannot be used: {describe(error, address)}.") from None


def lock_key(name: str) -> int:
    """Return the number of an advisory lock. The upper half is Lineman's, as others may lock in this database."""
    return (0x4C494E45 << 32) | zlib.crc32(name.encode())


def describe(error: Exception, address: PostgresAddress) -> str:
    """Say what went wrong, without values of rows, and without the secrets of the address."""
    diag = getattr(error, "diag", None)
    # The first line only: the others repeat the values of a row, or try further addresses of a host.
    text = (diag and diag.message_primary) or next(iter(str(error).splitlines()), type(error).__name__)
    return address.without_secrets(printable(text)).strip().rstrip(".:")


@cache
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def _values(values: Sequence[Any]) -> list[Any]:
    """Replace what the server cannot store: a text with NUL. SQLite stores it, and nobody can read it."""
    return [
        value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
        for value in values
    ]
