"""Delete what is older than the retention period."""

from dataclasses import dataclass
from typing import Final

from bot.storage.database import Database

DAY: Final = 86400.0  # seconds
HOUR: Final = 3600.0  # seconds; no plan runs as long

# Slack redelivers an event for a few hours at most. Two days leave room for an outage.
EVENTS_KEPT: Final = 2 * DAY

# Cases deleted per transaction: about 50 ms of work, including their observations.
PART: Final = 100


_SWEEPING: Final = "sweep"


@dataclass(frozen=True, slots=True)
class SweptRows:
    """The number of deleted rows."""

    cases: int = 0
    runs: int = 0
    events: int = 0
    posts: int = 0
    audit: int = 0

    def __add__(self, other: "SweptRows") -> "SweptRows":
        return SweptRows(
            self.cases + other.cases,
            self.runs + other.runs,
            self.events + other.events,
            self.posts + other.posts,
            self.audit + other.audit,
        )


def sweep_cases(db: Database, before: float) -> SweptRows:
    """Delete up to `PART` cases without activity since *before*, with everything that belongs to them."""
    sql = (
        "SELECT id FROM cases WHERE created < ? AND NOT EXISTS "
        "(SELECT 1 FROM runs WHERE case_id = cases.id AND started >= ?) LIMIT ?"
    )
    if not db.lock(_SWEEPING):
        return SweptRows()  # another process sweeps
    cases = [row["id"] for row in db.query(sql, (before, before, PART))]
    swept = SweptRows(cases=len(cases))
    for case in cases:
        runs = [row["id"] for row in db.query("SELECT id FROM runs WHERE case_id = ?", (case,))]
        for run in runs:
            db.execute("DELETE FROM observations WHERE run = ?", (run,))
            db.execute("DELETE FROM feedback WHERE run = ? AND cause = ''", (run,))
            swept += SweptRows(posts=db.execute("DELETE FROM posts WHERE run = ?", (run,)).rowcount)
        db.execute(
            "DELETE FROM check_starts WHERE token IN (SELECT token FROM check_links WHERE case_id = ?)",
            (case,),
        )
        db.execute("DELETE FROM check_links WHERE case_id = ?", (case,))
        db.execute("DELETE FROM runs WHERE case_id = ?", (case,))
        db.execute("DELETE FROM cases WHERE id = ?", (case,))
        swept += SweptRows(runs=len(runs))
    return swept


def sweep_rest(db: Database, now: float, before: float, audit_before: float) -> SweptRows:
    """Delete old events, posts, stories, audit entries, and expired invitations. Old feedback keeps its verdict.

    A plan that has just started may still run, even if the audit log is kept only briefly.
    """
    if not db.lock(_SWEEPING):
        return SweptRows()
    events = db.execute("DELETE FROM events WHERE seen < ?", (now - EVENTS_KEPT,)).rowcount
    posts = db.execute("DELETE FROM posts WHERE created < ?", (before,)).rowcount
    db.execute("UPDATE feedback SET words = '', by = 'somebody ' || id WHERE said < ?", (before,))
    db.execute("DELETE FROM readings WHERE asked < ?", (before,))
    audit = db.execute("DELETE FROM audit WHERE at < ?", (min(audit_before, now - HOUR),)).rowcount
    db.execute("DELETE FROM invitations WHERE expires < ? AND coalesce(used, 0) < ?", (audit_before,) * 2)
    return SweptRows(events=events, posts=posts, audit=audit)
