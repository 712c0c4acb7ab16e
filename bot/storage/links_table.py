"""Store check links by the hashes of their tokens, the checks that were started, and what each came to."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.model.records import PostRow, RunRow
from bot.storage.claims import Claims
from bot.storage.database import Database, insert
from bot.storage.posts_table import OWE
from bot.storage.row_codec import OBSERVED, columns_of, observation_columns, run_columns
from bot.storage.shared_work import SharedWork
from probes.protocol.model import Observation

TOKEN_BYTES: Final = 32
# Seconds in which a check that was started may send its result: it takes less than a minute, and a laptop may sleep.
RESULT_WITHIN: Final = 1800.0

NOTHING: Final[Mapping[str, Sequence[Observation]]] = {}
_OPEN: Final = "revoked IS NULL AND expires > ? AND used < runs"


@dataclass(frozen=True, slots=True)
class CheckLink:
    """A link for a customer. Its token is known only to the people who have it."""

    token: str  # its SHA-256
    name: str  # short, to show and revoke it; opens nothing
    case_id: str
    created: float  # seconds since the epoch, here and below
    expires: float
    runs: int  # how often a check may be started
    used: int = 0
    revoked: float | None = None

    def is_open(self, now: float) -> bool:
        """Whether a check may be started at *now*."""
        return self.revoked is None and now < self.expires and self.used < self.runs


@dataclass(frozen=True, slots=True)
class CheckStart:
    """A check that a customer started."""

    start: str  # the SHA-256 of the key that the customer's page was given for it
    token: str  # of its link, hashed
    started: float
    digest: str = ""  # of the result that came; empty before
    run: str = ""  # the stored run; empty before


def new_token() -> str:
    """Return a new token of 256 random bits, for a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is stored instead of *token*."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class LinksTable(SharedWork):
    """The check links of one installation."""

    async def save_link(self, link: CheckLink) -> None:
        """Store a new link."""
        values = (link.token, link.name, link.case_id, link.created, link.expires, link.runs, link.used)
        await self._change("INSERT INTO check_links VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", *values)

    async def link_of_token(self, token: str) -> CheckLink | None:
        """Return the link of a token in the clear, open or not."""
        return _link(await self._one("SELECT * FROM check_links WHERE token = ?", hash_token(token)))

    async def link_named(self, name: str) -> CheckLink | None:
        """Return the link with this name."""
        return _link(await self._one("SELECT * FROM check_links WHERE name = ?", name))

    async def links(self, case_id: str = "", limit: int = 100) -> tuple[CheckLink, ...]:
        """List the links of a case, or all, newest first."""
        sql = "SELECT * FROM check_links WHERE case_id = ? OR ? = '' ORDER BY created DESC, name LIMIT ?"
        return tuple(CheckLink(**row) for row in await self._all(sql, case_id, case_id, limit))

    async def revoke_link(self, name: str, now: float) -> bool:
        """Revoke a link; return False if there is none with that name, or it was revoked before."""
        sql = "UPDATE check_links SET revoked = ? WHERE name = ? AND revoked IS NULL"
        return await self._change(sql, now, name) == 1

    async def replace_token(self, link: CheckLink, token: str) -> bool:
        """Give a link that nobody has used another *token* (hashed); return False if it was used or revoked."""
        sql = (
            "UPDATE check_links SET token = ? WHERE name = ? AND case_id = ? AND used = 0 AND revoked IS NULL"
        )
        return await self._change(sql, token, link.name, link.case_id) == 1

    async def renew_link(self, name: str, expires: float) -> CheckLink | None:
        """Let a link start one more check until *expires*, if it is used up or ends before; None if it is revoked.

        Twice is the same as once.
        """
        sql = (
            "UPDATE check_links SET runs = CASE WHEN used < runs THEN runs ELSE used + 1 END, "
            "expires = CASE WHEN expires < ? THEN ? ELSE expires END "
            "WHERE name = ? AND revoked IS NULL RETURNING *"
        )
        rows = await self._change_and_return(sql, expires, expires, name)
        return _link(rows[0]) if rows else None

    async def link_of_run(self, run: str) -> CheckLink | None:
        """Return the link by which a stored run came."""
        sql = "SELECT * FROM check_links WHERE token = (SELECT token FROM check_starts WHERE run = ?)"
        return _link(await self._one(sql, run)) if run else None

    async def start_check(self, token: str, start: str, now: float) -> CheckLink | None:
        """Count one run of the link of *token* and return the link as it is then; None if it is not open.

        The same *start* of the same link counts once. That of another link is refused.
        """
        hashed = hash_token(token)

        def work(db: Database) -> CheckLink | None:
            before = list(db.query("SELECT token FROM check_starts WHERE start = ?", (start,)))
            if before:
                sql = "SELECT * FROM check_links WHERE token = ? AND revoked IS NULL"
                return _first(db, sql, hashed) if before[0]["token"] == hashed else None
            counted = f"UPDATE check_links SET used = used + 1 WHERE token = ? AND {_OPEN}"  # noqa: S608 - our constant
            if db.execute(counted, (hashed, now)).rowcount != 1:
                return None
            db.execute("INSERT INTO check_starts VALUES (?, ?, ?, '', '')", (start, hashed, now))
            return _first(db, "SELECT * FROM check_links WHERE token = ?", hashed)

        return await self._writer.run(work)

    async def started_check(self, token: str, start: str, now: float) -> tuple[CheckLink, CheckStart] | None:
        """Return the link of *token* and its check *start*, if it may still send a result, or has sent one."""
        hashed = hash_token(token)
        row = await self._one("SELECT * FROM check_starts WHERE start = ? AND token = ?", start, hashed)
        link = _link(await self._one("SELECT * FROM check_links WHERE token = ?", hashed))
        if row is None or link is None or link.revoked is not None:
            return None
        check = CheckStart(**row)
        return (link, check) if check.run or now < check.started + RESULT_WITHIN else None

    async def finish_check(
        self,
        start: str,
        digest: str,
        run: RunRow,
        observations: Mapping[str, Sequence[Observation]] = NOTHING,
        owed: Sequence[PostRow] = (),
    ) -> CheckStart | None:
        """Store the result of a check, once: its *run*, the *observations* by relay, and the messages *owed* for it.

        A crash leaves all of it or nothing. Return the check as it is then: with this result, or an earlier one.
        """
        save = _saving(run, observations, owed, self._claims)

        def work(db: Database) -> CheckStart | None:
            sql = "UPDATE check_starts SET digest = ?, run = ? WHERE start = ? AND run = ''"
            if db.execute(sql, (digest, run.id, start)).rowcount == 1:
                save(db)
            rows = list(db.query("SELECT * FROM check_starts WHERE start = ?", (start,)))
            return CheckStart(**rows[0]) if rows else None

        return await self._writer.run(work)

    async def save_result(
        self, run: RunRow, observations: Mapping[str, Sequence[Observation]], owed: Sequence[PostRow]
    ) -> None:
        """Store a result that came without a link, with the messages *owed* for it."""
        await self._writer.run(_saving(run, observations, owed, self._claims))

    async def checks_of_link(self, link: CheckLink) -> tuple[CheckStart, ...]:
        """List the checks that were started with a link, oldest first."""
        sql = "SELECT * FROM check_starts WHERE token = ? ORDER BY started, start"
        return tuple(CheckStart(**row) for row in await self._all(sql, link.token))


def _saving(
    run: RunRow,
    observations: Mapping[str, Sequence[Observation]],
    owed: Sequence[PostRow],
    claims: Claims | None,
) -> Callable[[Database], None]:
    """Return the work that stores a finished run, its observations by relay, and its messages."""
    seen = [observation_columns(run.id, relay, each) for relay, all_ in observations.items() for each in all_]
    row, posts = run_columns(run), [columns_of(post) for post in owed]

    def work(db: Database) -> None:
        insert(db, "runs", row)
        for columns in seen:
            db.execute(OBSERVED, columns)
        for post in posts:
            list(db.query(OWE, post))
        if claims:
            for each in owed:
                claims.post(db, each.key)

    return work


def _first(db: Database, sql: str, *values: Any) -> CheckLink | None:
    rows = list(db.query(sql, values))
    return _link(rows[0]) if rows else None


def _link(row: dict[str, Any] | None) -> CheckLink | None:
    return CheckLink(**row) if row else None
