"""Say which of several bots on one PostgreSQL database answers a request and executes a run.

A request belongs to the bot that holds its thread, because a run in progress and the last question of a thread are in
the memory of one process. The claims of a bot that is gone are free, and any other bot takes them.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol, TypeAlias

from bot.model.records import RUNNING, InboxRow
from bot.storage.database import Database
from bot.storage.row_codec import read_request

ALL_BOTS: Final = "lineman_bots"  # the channel that announces claims that are free
PICKED: Final = 50  # claims that one bot takes at a time, so that others get some, too
_LONGEST: Final = 7_900  # bytes of a notification; PostgreSQL allows 8,000

_OF_RUN: Final = f"""
SELECT run_claims.bot FROM run_claims JOIN runs ON runs.id = run JOIN cases ON cases.id = case_id
JOIN bots ON bots.id = bot WHERE status = '{RUNNING}' AND team = ?
AND (runs.id = ? OR cases.id = ? OR (channel = ? AND (? OR (thread_ts = ? AND thread_ts != ''))))
LIMIT 1 FOR KEY SHARE OF bots
"""  # noqa: S608 - our constant
# The update changes nothing unless the bot is known: it returns who holds the thread.
_HOLD: Final = """
INSERT INTO thread_claims VALUES (?, ?, ?, ?) ON CONFLICT (team, place) DO UPDATE
SET bot = CASE WHEN ? THEN excluded.bot ELSE thread_claims.bot END, claimed = excluded.claimed RETURNING bot
"""
_CLAIM_RUN: Final = "INSERT INTO run_claims VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET bot = excluded.bot"
_HOLDS_RUN: Final = "SELECT 1 FROM run_claims WHERE run = ? AND bot = ? FOR UPDATE"
_CLAIM_POST: Final = (
    "INSERT INTO post_claims VALUES (?, ?) "
    "ON CONFLICT (key) DO UPDATE SET bot = coalesce(post_claims.bot, excluded.bot)"
)
_FREE_REQUESTS: Final = f"""
SELECT inbox.*, bot, handed FROM request_claims JOIN inbox USING (team, event)
WHERE bot IS NULL OR (bot = ? AND handed) ORDER BY received, stamp LIMIT {PICKED}
FOR UPDATE OF request_claims SKIP LOCKED
"""  # noqa: S608 - our constant
# Locked, so that the bot is not deleted before its claim is written.
_IS_THERE: Final = "SELECT 1 FROM bots WHERE id = ? FOR KEY SHARE"
_CLAIM_REQUEST: Final = "INSERT INTO request_claims VALUES (?, ?, ?, ?)"
_GIVE: Final = "UPDATE request_claims SET bot = ?, handed = ? WHERE team = ? AND event = ?"
_TAKE_RUNS: Final = f"""
UPDATE run_claims SET bot = ? WHERE run IN
(SELECT run FROM run_claims WHERE bot IS NULL ORDER BY run LIMIT {PICKED} FOR UPDATE SKIP LOCKED) RETURNING run
"""  # noqa: S608 - our constant
# Messages of a run go where the run goes. The others are free, also if a process that is no bot has stored them.
_FREE_POSTS: Final = f"""
SELECT key FROM posts LEFT JOIN post_claims USING (key) WHERE sent < version AND bot IS NULL
AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = posts.run AND status = '{RUNNING}') LIMIT {PICKED}
"""  # noqa: S608 - our constants
_TAKE_POST: Final = (
    "INSERT INTO post_claims SELECT key, ?::integer FROM posts WHERE key = ? FOR KEY SHARE "
    "ON CONFLICT (key) DO UPDATE SET bot = excluded.bot WHERE post_claims.bot IS NULL"
)
_POSTS_OF_RUN: Final = (
    "INSERT INTO post_claims SELECT key, ?::integer FROM posts WHERE run = ? FOR KEY SHARE "
    "ON CONFLICT (key) DO UPDATE SET bot = excluded.bot RETURNING key"
)
_ANY_FREE: Final = f"""
SELECT 1 FROM request_claims WHERE bot IS NULL OR (bot = ? AND handed)
UNION ALL SELECT 1 FROM run_claims WHERE bot IS NULL UNION ALL (SELECT 1 FROM ({_FREE_POSTS}) AS free) LIMIT 1
"""  # noqa: S608 - our constants
# A run that has ended needs nobody, nor does a message that is sent.
_DONE: Final = (
    f"DELETE FROM run_claims USING runs WHERE runs.id = run AND bot = ? AND status != '{RUNNING}'",  # noqa: S608
    "DELETE FROM post_claims USING posts WHERE posts.key = post_claims.key AND bot = ? AND sent >= version",
)
# What an older version left, which claimed nothing.
_UNCLAIMED: Final = (
    (
        f"INSERT INTO run_claims SELECT id FROM runs WHERE status = '{RUNNING}' "  # noqa: S608 - our constant
        "AND NOT EXISTS (SELECT 1 FROM run_claims WHERE run = runs.id) ON CONFLICT DO NOTHING"
    ),
    # Only those without a claim: live bots delete the others at any moment.
    (
        "INSERT INTO request_claims SELECT team, event, NULL, false FROM inbox WHERE NOT EXISTS (SELECT 1 FROM "
        "request_claims AS known WHERE known.team = inbox.team AND known.event = inbox.event) ON CONFLICT DO NOTHING"
    ),
)


Note: TypeAlias = Mapping[str, Any]


class OtherBots(Protocol):
    """The other bots on the database, as this one hears of them."""

    async def news(self, seconds: float) -> list[Note]:
        """Wait up to so many *seconds* for another bot; return what came with the requests that it handed over."""

    def holds(self) -> bool:
        """Whether what this bot has claimed is certainly still its own."""


class Claims:
    """The claims of one bot. Each method belongs to a transaction that the caller has begun."""

    def __init__(self, bot: int) -> None:
        self.bot = bot

    def request(self, db: Database, row: InboxRow, passing: Mapping[str, Any], now: float) -> bool:
        """Claim a new request for the bot that holds its thread; True if that is this one.

        Another one gets a notification, with what is *passing*: it must not be stored. If others have taken over
        the work of this bot, and it does not know yet, the request is free for the first of them that looks.
        """
        if not db.query(_IS_THERE, (self.bot,)):
            db.execute(_CLAIM_REQUEST, (row.team, row.event, None, True))
            return False
        holder = self._holder(db, row, now)
        db.execute(_CLAIM_REQUEST, (row.team, row.event, holder, holder != self.bot))
        if holder != self.bot:
            notify(db, channel_of(holder), {"team": row.team, "event": row.event, **passing})
        return holder == self.bot

    def run(self, db: Database, run: str) -> None:
        """Claim a run that this bot starts."""
        db.execute(_CLAIM_RUN, (run, self.bot))

    def holds_run(self, db: Database, run: str) -> bool:
        """Tell whether a run is this bot's, and nobody takes it over until the end of the transaction."""
        return bool(db.query(_HOLDS_RUN, (run, self.bot)))

    def post(self, db: Database, key: str) -> None:
        """Claim a message to send, unless another bot has it."""
        db.execute(_CLAIM_POST, (key, self.bot))

    def thread(self, db: Database, team: str, channel: str, thread: str, now: float) -> None:
        """Claim a thread in which this bot has begun a run."""
        if place := _place(channel, thread):
            db.execute(_HOLD, (team, place, self.bot, now, True))

    def any_free(self, db: Database) -> bool:
        """Tell whether there is anything to pick up; takes no lock."""
        return bool(list(db.query(_ANY_FREE, (self.bot,))))

    def pick_up(self, db: Database, now: float) -> tuple[list[tuple[InboxRow, bool]], list[str], list[str]]:
        """Claim what no bot works on: requests, each with whether nobody has begun it, ids of runs, keys of posts."""
        requests = []
        runs = [
            row["run"] for row in db.query(_TAKE_RUNS, (self.bot,))
        ]  # first, as they decide who holds a thread
        for row in list(db.query(_FREE_REQUESTS, (self.bot,))):
            mine, fresh = row.pop("bot") == self.bot, bool(row.pop("handed"))
            request = read_request(row)
            holder = self.bot if mine else self._holder(db, request, now)
            others = holder != self.bot
            db.execute(_GIVE, (holder, others, request.team, request.event))
            if others:
                notify(db, channel_of(holder), {"team": request.team, "event": request.event})
            else:
                requests.append((request, fresh))
        posts = [row["key"] for run in runs for row in db.query(_POSTS_OF_RUN, (self.bot, run))]
        free = [row["key"] for row in db.query(_FREE_POSTS)]
        posts += [key for key in free if db.execute(_TAKE_POST, (self.bot, key)).rowcount]
        return requests, runs, posts

    def sweep(self, db: Database, before: float) -> None:
        """Delete the claims of threads in which nothing has happened since *before*."""
        db.execute("DELETE FROM thread_claims WHERE claimed < ?", (before,))

    def _holder(self, db: Database, row: InboxRow, now: float) -> int:
        """Return the bot that holds the thread of a request; this one if none does."""
        channel, thread = self._thread_of(db, row)
        about = (row.said.get("run", ""), row.said.get("case", ""), channel, _is_direct(channel), thread)
        running = [found["bot"] for found in db.query(_OF_RUN, (row.team, *about))]
        holder = running[0] if running else self.bot
        if place := _place(channel, thread):
            held = db.query(_HOLD, (row.team, place, holder, now, bool(running)))
            return int(next(iter(held))["bot"])
        return int(holder)

    def _thread_of(self, db: Database, row: InboxRow) -> tuple[str, str]:
        """Return channel and timestamp of the thread: that of the case, where a button or form names one."""
        case = row.said.get("case", "")
        sql = "SELECT channel, thread_ts FROM cases WHERE id = ? AND team = ? AND thread_ts != ''"
        for found in db.query(sql, (case, row.team)) if case else ():
            return found["channel"], found["thread_ts"]
        asker = row.asker
        return str(asker.get("channel", "")), str(asker.get("thread", "") or asker.get("message", ""))


def register(db: Database, bot: int, now: float) -> None:
    """Add a bot, and offer to all what an older version has left."""
    db.execute("INSERT INTO bots VALUES (?, ?)", (bot, now))
    for sql in _UNCLAIMED:
        db.execute(sql)


def release(db: Database, bot: int) -> None:
    """Delete a bot that stops or is gone. The foreign keys free what it has claimed."""
    for sql in _DONE:
        db.execute(sql, (bot,))
    db.execute("DELETE FROM bots WHERE id = ?", (bot,))
    notify(db, ALL_BOTS, {})


def channel_of(bot: int) -> str:
    """Return the name of the channel on which a bot listens."""
    return f"lineman_bot_{bot}"


def notify(db: Database, channel: str, fields: Mapping[str, Any]) -> None:
    """Notify the listeners of *channel* when this transaction commits."""
    text = json.dumps(dict(fields))
    db.execute("SELECT pg_notify(?, ?)", (channel, text if len(text) <= _LONGEST else "{}"))


def _place(channel: str, thread: str) -> str:
    """Return what one bot holds: a thread, or all direct messages with one person; empty for neither."""
    if _is_direct(channel):
        return channel
    return f"{channel} {thread}" if channel and thread else ""


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")
