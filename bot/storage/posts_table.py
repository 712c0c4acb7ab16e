"""Store messages to be posted to Slack, and the version that Slack shows."""

from typing import Any, Final

from bot.model.records import PostRow
from bot.storage.database import Database
from bot.storage.row_codec import columns_of, post_of
from bot.storage.shared_work import SharedWork

OWE: Final = (
    "INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, ?) ON CONFLICT (key) DO UPDATE SET "
    "channel = excluded.channel, thread_ts = excluded.thread_ts, "
    "payload = excluded.payload, "
    "version = posts.version + CASE WHEN posts.payload = excluded.payload THEN 0 ELSE 1 END RETURNING *"
)


_DUE: Final = "SELECT * FROM posts WHERE sent < version ORDER BY created, key"
_MINE: Final = (
    "SELECT posts.* FROM posts JOIN post_claims USING (key) "
    "WHERE sent < version AND bot = ? ORDER BY created, key"
)


class PostsTable(SharedWork):
    """The outbox of one installation."""

    async def owe(self, post: PostRow) -> PostRow:
        """Add a message, or new content for an earlier one. Return its row."""
        values, claims = columns_of(post), self._claims

        def work(db: Database) -> dict[str, Any]:
            (row,) = db.query(OWE, values)
            if claims:
                claims.post(db, post.key)
            return row

        return post_of(await self._writer.run(work))

    async def delivered(self, key: str, message_ts: str, version: int) -> None:
        """Record that Slack shows *version* of the message. A late, older version changes nothing."""
        sql = "UPDATE posts SET message_ts = ?, sent = CASE WHEN sent < ? THEN ? ELSE sent END WHERE key = ?"
        await self._change(sql, message_ts, version, version, key)

    async def drop_post(self, key: str) -> None:
        """Delete a message: the channel is gone, or nobody needs it."""
        await self._change("DELETE FROM posts WHERE key = ?", key)

    async def post(self, key: str) -> PostRow | None:
        """Return a message by key."""
        row = await self._one("SELECT * FROM posts WHERE key = ?", key)
        return post_of(row) if row else None

    async def due(self) -> tuple[PostRow, ...]:
        """List the messages that this bot has to post or update, oldest first."""
        rows = await (self._all(_MINE, self._claims.bot) if self._claims else self._all(_DUE))
        return tuple(post_of(row) for row in rows)
