"""Store requests that were accepted and not answered yet."""

import time
from collections.abc import Mapping
from typing import Any, Final

from bot.model.records import InboxRow
from bot.storage.database import Database
from bot.storage.row_codec import LET_GO, TRIED, keep_request, read_request, without_secrets
from bot.storage.shared_work import SharedWork

_ALL: Final = "SELECT * FROM inbox ORDER BY received, stamp"
_MINE: Final = (
    "SELECT inbox.* FROM inbox JOIN request_claims USING (team, event) "
    "WHERE bot = ? AND NOT handed ORDER BY received, stamp"
)


class InboxTable(SharedWork):
    """The inbox of one installation."""

    async def take_in(
        self,
        row: InboxRow,
        thread: tuple[str, str] | None = None,
        passing: Mapping[str, Any] | None = None,
    ) -> bool:
        """Store a request before it is acknowledged. Return False if the same delivery was stored before.

        With *thread* (channel, timestamp), it is stored only if the bot may have to answer. The thread then has
        a case, or will have one, because the request that starts it is queued in the same turn. If another bot
        holds its thread, that one gets it, with what is *passing*, and the result is False as well.
        """
        safe, claims = await without_secrets(row), self._claims

        def work(db: Database) -> bool:
            now = time.time()
            if not keep_request(db, safe, thread, now):
                return False
            return claims is None or claims.request(db, safe, passing or {}, now)

        return await self._writer.run(work)

    async def let_go(self, team: str, event_id: str) -> None:
        """Delete a request that has been answered."""
        await self._change(LET_GO, team, event_id)

    async def is_taken_in(self, team: str, event_id: str) -> bool:
        """Whether a request is still in the inbox: neither answered, nor its run stored."""
        return bool(await self._one("SELECT 1 FROM inbox WHERE team = ? AND event = ?", team, event_id))

    async def taken_in(self) -> tuple[InboxRow, ...]:
        """List the accepted requests of this bot that were neither started nor answered, oldest first."""
        rows = await (self._all(_MINE, self._claims.bot) if self._claims else self._all(_ALL))
        return tuple(read_request(row) for row in rows)

    async def try_again(self, team: str, event_id: str) -> int:
        """Count another attempt to answer a request of an earlier process. Return the number of attempts."""
        tried = await self._change_and_return(TRIED, team, event_id)
        return int(tried[0]["tries"]) if tried else 0
