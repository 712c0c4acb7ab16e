"""Share the work of one PostgreSQL database among several bots. On SQLite, one bot has all of it."""

import time
from typing import Any, Final

from bot.model.records import RUNNING, CaseRow, InboxRow, RunRow
from bot.storage.claims import ALL_BOTS, Claims, Note, notify
from bot.storage.database import Database
from bot.storage.db_writer import Writer
from bot.storage.row_codec import case_of, run_of
from bot.storage.table_queries import TableQueries

_ELSEWHERE: Final = f"""
SELECT runs.* FROM runs JOIN run_claims ON run = runs.id JOIN cases ON cases.id = case_id
WHERE status = '{RUNNING}' AND team = ? AND bot != ? ORDER BY started
"""  # noqa: S608 - our constant


class SharedWork(TableQueries):
    """What this bot has claimed; everything where it is the only one."""

    _claims: Claims | None = None

    def __init__(self, writer: Writer, claims: Claims | None = None) -> None:
        super().__init__(writer)
        self._claims = claims

    async def pick_up(self) -> tuple[list[tuple[InboxRow, bool]], list[RunRow], list[str]]:
        """Claim what no bot works on: requests, each with whether nobody has begun it, runs, and keys of messages."""
        claims = self._claims
        if claims is None or not await self._writer.read(claims.any_free):
            return [], [], []
        requests, runs, posts = await self._writer.run(lambda db: claims.pick_up(db, time.time()))
        found = [await self._one("SELECT * FROM runs WHERE id = ?", run) for run in runs]
        return requests, [run_of(row) for row in found if row], posts

    async def tell_other_bots(self, note: Note) -> None:
        """Send *note* to all bots."""
        await self._writer.run(lambda db: notify(db, ALL_BOTS, note))

    async def running_elsewhere(self, team: str) -> tuple[tuple[CaseRow, RunRow], ...]:
        """List the runs of a workspace that other bots execute, each with its case."""
        claims = self._claims
        if claims is None:
            return ()

        def work(db: Database) -> list[tuple[dict[str, Any], dict[str, Any]]]:
            runs = list(db.query(_ELSEWHERE, (team, claims.bot)))
            one_case = "SELECT * FROM cases WHERE id = ?"
            return [(case, run) for run in runs for case in db.query(one_case, (run["case_id"],))]

        return tuple((case_of(case), run_of(run)) for case, run in await self._writer.read(work))
