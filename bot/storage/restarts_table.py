"""Store that an interrupted run starts again, so that each run does so at most once."""

from typing import Final

from bot.model.records import RESTARTED, RUNNING
from bot.storage.database import Database
from bot.storage.table_queries import TableQueries
from probes.protocol.json_codec import dump, load

# An update, although it changes nothing: it holds the row until the end of the transaction.
_HOLD: Final = "UPDATE runs SET status = status WHERE id = ? AND status = ? RETURNING summary"


class RestartsTable(TableQueries):
    """The runs that a restart of the process interrupted."""

    async def start_again(self, run_id: str) -> bool:
        """Record that a run starts again, and delete its results so far.

        Return False if it has ended, or if it has started again before; then nothing changes.
        """

        def work(db: Database) -> bool:
            held = list(db.query(_HOLD, (run_id, RUNNING)))
            summary = load(held[0]["summary"] or "{}") if held else {RESTARTED: True}
            if RESTARTED in summary:
                return False
            changed = dump(summary | {RESTARTED: True})
            db.execute("UPDATE runs SET summary = ? WHERE id = ?", (changed, run_id))
            db.execute("DELETE FROM observations WHERE run = ?", (run_id,))
            return True

        return await self._writer.run(work)
