"""Store that an interrupted run starts again, so that each run does so at most once."""

from typing import Final

from sqlite_utils import Database

from bot.model.records import RESTARTED, RUNNING
from bot.storage.table_queries import TableQueries

_START_AGAIN: Final = (
    f"UPDATE runs SET summary = json_set(coalesce(summary, '{{}}'), '$.{RESTARTED}', json('true')) "  # noqa: S608 - our constants
    f"WHERE id = ? AND status = '{RUNNING}' AND json_extract(coalesce(summary, '{{}}'), '$.{RESTARTED}') IS NULL"
)


class RestartsTable(TableQueries):
    """The runs that a restart of the process interrupted."""

    async def start_again(self, run_id: str) -> bool:
        """Record that a run starts again, and delete its results so far.

        Return False if it has ended, or if it has started again before; then nothing changes.
        """

        def work(db: Database) -> bool:
            first = db.execute(_START_AGAIN, (run_id,)).rowcount == 1
            if first:
                db.execute("DELETE FROM observations WHERE run = ?", (run_id,))
            return first

        return await self._writer.run(work)
