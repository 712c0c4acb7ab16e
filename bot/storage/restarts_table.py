"""Store that an interrupted run starts again, so that each run does so at most once."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from bot.model.records import RESTARTED, RUNNING, WAITED, RunRow
from bot.storage.database import Database
from bot.storage.row_codec import run_of
from bot.storage.shared_work import SharedWork
from probes.protocol.json_codec import dump, load

# An update, although it changes nothing: it holds the row until the end of the transaction.
_HOLD: Final = "UPDATE runs SET status = status WHERE id = ? AND status = ? RETURNING summary"


_UNFINISHED: Final = f"SELECT * FROM runs WHERE status = '{RUNNING}' ORDER BY started, rowid"  # noqa: S608 - our constant
_MINE: Final = f"""
SELECT runs.* FROM runs JOIN run_claims ON run = id WHERE status = '{RUNNING}' AND bot = ? ORDER BY started, rowid
"""  # noqa: S608 - our constant


class RestartsTable(SharedWork):
    """The runs that a restart of the process interrupted."""

    async def unfinished(self) -> tuple[RunRow, ...]:
        """List the runs of this bot without an end, oldest first. After a restart, these were interrupted."""
        rows = await (self._all(_MINE, self._claims.bot) if self._claims else self._all(_UNFINISHED))
        return tuple(run_of(row) for row in rows)

    async def postpone(self, runs: Collection[str]) -> None:
        """Record that *runs* have not begun, so that the next start begins them and does not count as their restart."""

        def work(db: Database) -> None:
            for run_id in runs:
                for row in list(db.query(_HOLD, (run_id, RUNNING))):
                    _save(db, run_id, load(row["summary"] or "{}") | {WAITED: True})

        await self._writer.run(work)

    async def start_again(self, run_id: str) -> Mapping[str, Any] | None:
        """Record that a run starts again, delete its results so far, and return its summary.

        Return None if it has ended, or if it has started again before; then nothing changes.
        """

        def work(db: Database) -> dict[str, Any] | None:
            held = list(db.query(_HOLD, (run_id, RUNNING)))
            summary: dict[str, Any] = load(held[0]["summary"] or "{}") if held else {RESTARTED: True}
            if summary.pop(WAITED, False):
                _save(db, run_id, summary)
                return summary
            if RESTARTED in summary:
                return None
            summary[RESTARTED] = True
            _save(db, run_id, summary)
            db.execute("DELETE FROM observations WHERE run = ?", (run_id,))
            return summary

        return await self._writer.run(work)


def _save(db: Database, run_id: str, summary: dict[str, Any]) -> None:
    db.execute("UPDATE runs SET summary = ? WHERE id = ?", (dump(summary), run_id))
