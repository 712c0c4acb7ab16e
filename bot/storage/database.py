"""What the tables need of a database, be it SQLite in a file or PostgreSQL on a server.

SQL is written once, for both: `?` for each value, ON CONFLICT with its columns, quotes around names that
PostgreSQL reserves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias


class StoreError(Exception):
    """The database failed: disk full, file damaged, server not reachable, or the store is closed."""


class RequestGoneError(Exception):
    """The request is no longer in the inbox: its run is stored already."""


class ResultRows(Protocol):
    """The result of one statement."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""

    def fetchone(self) -> Any:
        """Return the next row as a tuple, or None."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """One connection, inside a transaction if it is the one that writes."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> ResultRows:
        """Run one statement."""

    def query(self, sql: str, values: Sequence[Any] = (), /) -> Iterable[dict[str, Any]]:
        """Run one statement and return its rows, each by the names of its columns."""

    def lock(self, name: str, /) -> bool:
        """Take a lock that no other process has until this transaction ends; False if another has it."""

    def join_texts(self, sql: str, known: str, /) -> tuple[str, str | None]:
        """Join the column `text` of all rows of *sql* with commas, in any order.

        Returns a digest, and the text, or None if it is that of the digest *known*: then nothing has to be read.
        """

    def data_version(self) -> str:
        """Return a text that changes whenever anything has been written to the database."""

    def close(self) -> None:
        """Close the connection."""


Work: TypeAlias = Callable[[Database], Any]
Outcome: TypeAlias = tuple[Any, Exception | None]  # what a job returned, or raised


class DatabaseSession(Protocol):
    """A connection that one thread uses to run jobs."""

    def run(self, batch: Sequence[Work]) -> list[Outcome]:
        """Run the jobs of *batch*, and return what became of each once it is certain."""

    def close(self) -> None:
        """Close the connection."""


def insert(db: Database, table: str, row: Mapping[str, Any]) -> None:
    """Insert *row* into *table*; both have names from our code."""
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - our names
