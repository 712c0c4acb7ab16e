"""Requests that were accepted and are not answered yet."""

import time

from bot.model.records import InboxRow
from bot.storage.row_codec import LET_GO, TRIED, keep_request, read_request, without_secrets
from bot.storage.table_queries import TableQueries


class InboxTable(TableQueries):
    """The inbox of one installation."""

    async def take_in(self, row: InboxRow, thread: tuple[str, str] | None = None) -> bool:
        """Keep a request that is about to be acknowledged; false when the same delivery was taken before.

        With *thread* (channel, timestamp) it is taken only if it can be meant for us: when the thread is about a
        case, or will be, because what begins one waits in the same turn.
        """
        safe = await without_secrets(row)
        return await self._writer.run(lambda db: keep_request(db, safe, thread, time.time()))

    async def let_go(self, team: str, event_id: str) -> None:
        """Forget a request that has been answered."""
        await self._change(LET_GO, team, event_id)

    async def taken_in(self) -> tuple[InboxRow, ...]:
        """List the requests that were accepted and neither begun nor answered, oldest first."""
        rows = await self._all("SELECT * FROM inbox ORDER BY received, stamp")
        return tuple(read_request(row) for row in rows)

    async def try_again(self, team: str, event_id: str) -> int:
        """Count that a request of a former process is answered again; gives how often by now."""
        tried = await self._all(TRIED, team, event_id)
        return int(tried[0]["tries"]) if tried else 0
