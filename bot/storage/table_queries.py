"""Run the queries that every table needs: one row, all rows, a change, a change that returns rows."""

from typing import Any

from bot.storage.db_writer import Writer


class TableQueries:
    """Queries through the *writer* of a database. A change returns when it is on disk; a query takes no lock."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def _one(self, sql: str, *values: Any) -> dict[str, Any] | None:
        rows = await self._all(sql, *values)
        return rows[0] if rows else None

    async def _all(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return await self._writer.read(lambda db: list(db.query(sql, values)))

    async def _change(self, sql: str, *values: Any) -> int:
        return await self._writer.run(lambda db: db.execute(sql, values).rowcount)

    async def _change_and_return(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return await self._writer.run(lambda db: list(db.query(sql, values)))
