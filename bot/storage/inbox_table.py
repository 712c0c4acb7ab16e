"""Store requests that were accepted and not answered yet."""

import time

from bot.model.records import InboxRow
from bot.storage.row_codec import LET_GO, TRIED, keep_request, read_request, without_secrets
from bot.storage.table_queries import TableQueries


class InboxTable(TableQueries):
    """The inbox of one installation."""

    async def take_in(self, row: InboxRow, thread: tuple[str, str] | None = None) -> bool:
        """Store a request before it is acknowledged. Return False if the same delivery was stored before.

        With *thread* (channel, timestamp), it is stored only if the bot may have to answer. The thread then has
        a case, or will have one, because the request that starts it is queued in the same turn.
        """
        safe = await without_secrets(row)
        return await self._writer.run(lambda db: keep_request(db, safe, thread, time.time()))

    async def let_go(self, team: str, event_id: str) -> None:
        """Delete a request that has been answered."""
        await self._change(LET_GO, team, event_id)

    async def taken_in(self) -> tuple[InboxRow, ...]:
        """List the accepted requests that were neither started nor answered, oldest first."""
        rows = await self._all("SELECT * FROM inbox ORDER BY received, stamp")
        return tuple(read_request(row) for row in rows)

    async def try_again(self, team: str, event_id: str) -> int:
        """Count another attempt to answer a request of an earlier process. Return the number of attempts."""
        tried = await self._change_and_return(TRIED, team, event_id)
        return int(tried[0]["tries"]) if tried else 0
