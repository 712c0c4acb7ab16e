"""Store what people say of a verdict and its causes: right or wrong, one vote per person and run.

A vote is a row of the table of feedback without a cause: the schema stays the one that former versions know.
"""

import time
from collections.abc import Mapping
from typing import Final

from bot.model.records import FeedbackVerdict
from bot.storage.database import Database
from bot.storage.row_codec import safe_text
from bot.storage.table_queries import TableQueries

# How many votes of each kind there are on the verdicts of a person or a channel since a time.
_COUNTS: Final = (
    "SELECT feedback.verdict, count(*) AS n FROM feedback "
    "JOIN runs ON runs.id = feedback.run JOIN cases ON cases.id = runs.case_id WHERE feedback.cause = '' "
    'AND cases.team = ? AND (cases."user" = ? OR cases.channel = ?) AND cases.created >= ? '
    "GROUP BY feedback.verdict"
)


class VotesTable(TableQueries):
    """The votes on the verdicts of one installation."""

    async def save_vote(self, run_id: str, verdict: FeedbackVerdict, by: str) -> None:
        """Store a person's vote on a verdict; it replaces that person's earlier vote.

        If it differs, that person's feedback on causes is deleted.
        """
        values = (run_id, verdict, by, time.time())

        def work(db: Database) -> None:
            changed = "SELECT 1 FROM feedback WHERE run = ? AND by = ? AND cause = '' AND verdict != ?"
            if list(db.query(changed, (run_id, by, verdict))):
                db.execute("DELETE FROM feedback WHERE run = ? AND by = ?", (run_id, by))
            db.execute(
                "INSERT INTO feedback (run, cause, verdict, by, words, said) VALUES (?, '', ?, ?, '', ?) "
                "ON CONFLICT (run, cause, by) DO UPDATE SET verdict = excluded.verdict, said = excluded.said",
                values,
            )

        await self._writer.run(work)

    async def votes(self, run_id: str) -> dict[str, FeedbackVerdict]:
        """Return the votes on a run's verdict, by person."""
        rows = await self._all(
            "SELECT by, verdict FROM feedback WHERE run = ? AND cause = '' ORDER BY said", run_id
        )
        return {row["by"]: row["verdict"] for row in rows}

    async def vote_counts(
        self, team: str, user: str = "", *, channel: str = "", since: float = 0.0
    ) -> Mapping[str, int]:
        """Count the votes on verdicts of a user's cases or of those in a *channel*; *since*: Unix time."""
        rows = await self._all(_COUNTS, team, user, channel, since)
        return {"right": 0, "wrong": 0} | {row["verdict"]: row["n"] for row in rows}

    async def save_feedback(
        self, run_id: str, cause: str, verdict: FeedbackVerdict, by: str, words: str = ""
    ) -> None:
        """Store a user's feedback on a verdict. It replaces earlier feedback of the same user."""
        sql = (
            "INSERT INTO feedback (run, cause, verdict, by, words, said) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (run, cause, by) DO UPDATE "
            "SET verdict = excluded.verdict, words = excluded.words, said = excluded.said"
        )
        await self._change(sql, run_id, cause, verdict, by, safe_text(words), time.time())

    async def feedback_counts(self) -> dict[str, dict[str, int]]:
        """Count the verdicts on each cause: {cause: {"right": n, "wrong": n}}."""
        counts: dict[str, dict[str, int]] = {}
        for row in await self._all(
            "SELECT cause, verdict, count(*) AS n FROM feedback WHERE cause != '' GROUP BY cause, verdict"
        ):
            counts.setdefault(row["cause"], {"right": 0, "wrong": 0})[row["verdict"]] = row["n"]
        return counts
