"""Requests that wait in the database until they have become a run or an answer; free text without its secrets."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlite_utils import Database

from bot.redact import redact
from bot.rows import InboxRow
from probes.protocol.json_codec import dump

# Characters of one thing that was said: what a Slack message can hold.
LONGEST: Final = 40_000
# Characters whose redaction takes about a millisecond; more of them are read in a thread of their own.
AT_ONCE: Final = 1_000

LET_GO: Final = "DELETE FROM inbox WHERE team = ? AND event = ?"
TRIED: Final = "UPDATE inbox SET tries = tries + 1 WHERE team = ? AND event = ? RETURNING tries"
OF_THREAD: Final = "SELECT * FROM cases WHERE team = ? AND channel = ? AND thread_ts = ? AND thread_ts != ''"
_WAITING: Final = "SELECT 1 FROM inbox WHERE team = ? AND turn = ? AND turn != '' LIMIT 1"


async def without_secrets(row: InboxRow) -> InboxRow:
    """Redact what was said, without holding up the event loop."""
    cut = {name: value[:LONGEST] for name, value in row.said.items()}

    def safe() -> dict[str, str]:
        return {name: safe_text(value) for name, value in cut.items()}

    at_once = sum(map(len, cut.values())) <= AT_ONCE
    return replace(row, said=safe() if at_once else await asyncio.to_thread(safe))


def safe_text(text: str) -> str:
    """Redact *text*, and drop what no database column holds: half of a surrogate pair."""
    return redact(text).text.encode("utf-8", "replace").decode()


def keep_request(db: Database, row: InboxRow, thread: tuple[str, str] | None, now: float) -> bool:
    """Keep a request, unless it was kept before or is about a *thread* that is nobody's; tells whether."""
    if thread and not _ours(db, row, thread):
        return False
    event = (row.team, row.event)
    if db.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", (*event, now)).rowcount != 1:
        return False
    what = (row.way, dump(dict(row.asker)), dump(dict(row.said)), row.turn, row.stamp)
    db.execute("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", (*event, *what, now))
    return True


def read_request(row: Mapping[str, Any]) -> InboxRow:
    """Give a row of the table as a value."""
    values = {name: value for name, value in row.items() if name != "tries"}
    return InboxRow(**values | {"asker": json.loads(row["asker"]), "said": json.loads(row["said"])})


def _ours(db: Database, row: InboxRow, thread: tuple[str, str]) -> bool:
    """Whether the thread is about a case, or what will begin one waits in the same turn."""
    about = list(db.query(OF_THREAD, (row.team, *thread)))
    return bool(about or list(db.query(_WAITING, (row.team, row.turn))))
