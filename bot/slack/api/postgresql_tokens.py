"""Tokens of installed workspaces and open installations on PostgreSQL: the SDK's stores, with its SQL translated."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final

from slack_sdk.oauth.state_store.sqlite3 import SQLite3OAuthStateStore

from bot.slack.api.token_store import InstallationStore
from bot.storage.address import PostgresAddress
from bot.storage.database import ResultRows
from bot.storage.postgresql import PostgresDatabase

_OUTCOMES: Final = {True: "COMMIT", False: "ROLLBACK"}


class PostgresInstallationStore(InstallationStore):
    """The tokens, on a server. The tables are made by the migrations."""

    def __init__(self, address: PostgresAddress, client_id: str) -> None:
        super().__init__(database=str(address), client_id=client_id)
        self._address = address

    def connect(self) -> Any:
        """Connect for one block of statements."""
        return _StatementBlock(self._address)


class PostgresStateStore(SQLite3OAuthStateStore):
    """The installations that were begun, on a server."""

    def __init__(self, address: PostgresAddress, expiration_seconds: int) -> None:
        super().__init__(database=str(address), expiration_seconds=expiration_seconds)
        self._address = address

    def connect(self) -> Any:
        """Connect for one block of statements."""
        return _StatementBlock(self._address)


class _StatementBlock:
    """One transaction, as the SDK uses a connection of `sqlite3`."""

    def __init__(self, address: PostgresAddress) -> None:
        self._db = PostgresDatabase(address)

    def __enter__(self) -> "_StatementBlock":
        self._db.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._db.execute(_OUTCOMES[kind is None])
        finally:
            self._db.close()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> ResultRows:
        """Run one statement. SQLite has no booleans, so the columns are numbers."""
        numbers = [int(value) if isinstance(value, bool) else value for value in values]
        return self._db.execute(sql.strip().rstrip(";"), numbers)

    def commit(self) -> None:
        """Do nothing: the end of the block commits."""
