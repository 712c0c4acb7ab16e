"""Store cases, runs, observations, feedback, the inbox, and the outbox, with async queries.

Every method returns when its work is on disk, without blocking the event loop. Free text is redacted here once more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.model.records import RUNNING, CaseRow, Ended, PostRow, RunRow
from bot.model.request import Request
from bot.storage.address import DatabaseAddress
from bot.storage.claims import Claims
from bot.storage.database import Database, RequestGoneError, insert
from bot.storage.db_writer import Writer
from bot.storage.inbox_table import InboxTable
from bot.storage.labels import Labels
from bot.storage.links_table import LinksTable
from bot.storage.posts_table import OWE, PostsTable
from bot.storage.relay_registry import RelayRegistry
from bot.storage.restarts_table import RestartsTable
from bot.storage.retention import DAY, SweptRows, sweep_cases, sweep_rest
from bot.storage.row_codec import (
    LET_GO,
    OBSERVED,
    OF_THREAD,
    case_of,
    columns_of,
    json_text,
    maybe_case,
    observation_columns,
    request_text,
    run_columns,
    run_of,
)
from bot.storage.votes_table import VotesTable
from probes.protocol.json_codec import load, observation_from_json
from probes.protocol.model import Observation


class Store(InboxTable, LinksTable, PostsTable, RestartsTable, VotesTable):
    """The database of one installation."""

    def __init__(
        self,
        writer: Writer,
        retention_days: float = 30,
        audit_days: float = 365,
        claims: Claims | None = None,
    ) -> None:
        super().__init__(writer, claims)
        self._kept, self._audited = retention_days * DAY, audit_days * DAY
        self.labels = Labels(writer)

    @classmethod
    def open(
        cls,
        address: DatabaseAddress,
        retention_days: float = 30,
        audit_days: float = 365,
        claims: Claims | None = None,
    ) -> Store:
        """Open the database and apply missing migrations; `UsageError` if it cannot be used.

        *claims* are those of a bot that shares the database with others.
        """
        return cls(Writer(address), retention_days, audit_days, claims)

    @property
    def enrolment(self) -> RelayRegistry:
        """Return the relay registry, if the hub shares this database."""
        return RelayRegistry(self._writer)

    async def close(self) -> None:
        """Finish the queued work, then close. A second call does nothing."""
        await self._writer.close()

    async def open_case(self, case: CaseRow) -> CaseRow:
        """Store a new case and return it. If its thread already has a case, return that one."""
        row = asdict(case) | {"request": request_text(case.request), "created": case.created or time.time()}

        def work(db: Database) -> dict[str, Any] | None:
            there = list(db.query(OF_THREAD, (case.team, case.channel, case.thread_ts)))
            if not there:
                insert(db, "cases", row)
            return there[0] if there else None

        return maybe_case(await self._writer.run(work)) or case

    async def case(self, case_id: str) -> CaseRow | None:
        """Return a case by id."""
        return maybe_case(await self._one("SELECT * FROM cases WHERE id = ?", case_id))

    async def case_of_thread(self, team: str, channel: str, thread_ts: str) -> CaseRow | None:
        """Return the case of a thread."""
        return maybe_case(await self._one(OF_THREAD, team, channel, thread_ts))

    async def bind_thread(self, case_id: str, channel: str, thread_ts: str, message_ts: str = "") -> None:
        """Store the case's thread. The message updated in place is the thread's first by default."""
        sql = "UPDATE cases SET channel = ?, thread_ts = ?, message_ts = ? WHERE id = ? RETURNING team"
        values, claims = (channel, thread_ts, message_ts or thread_ts, case_id), self._claims

        def work(db: Database) -> None:
            for row in list(db.query(sql, values)):
                if claims:
                    claims.thread(db, row["team"], channel, thread_ts, time.time())

        await self._writer.run(work)

    async def change_case(self, case_id: str, request: Request) -> None:
        """Store the case's request after a change."""
        await self._change("UPDATE cases SET request = ? WHERE id = ?", request_text(request), case_id)

    async def start_run(
        self, run: RunRow, asked: tuple[str, str] | None = None, *owed: PostRow, is_stored: bool = False
    ) -> None:
        """Store a run that starts, and delete the request that *asked* for it (team, event id) from the inbox.

        In the same transaction, the *owed* messages enter the outbox, so that a crash cannot lose the answer. If there
        are other bots and the request *is_stored*, it must still be there, else `RequestGoneError`.
        """
        row, claims = run_columns(run), self._claims

        def work(db: Database) -> None:
            insert(db, "runs", row)
            if claims:
                claims.run(db, run.id)
            for post in owed:
                list(db.query(OWE, columns_of(post)))
                if claims:
                    claims.post(db, post.key)
            if asked and db.execute(LET_GO, asked).rowcount != 1 and is_stored and claims:
                raise RequestGoneError

        await self._writer.run(work)

    async def save_observation(self, run_id: str, relay: str, observation: Observation) -> None:
        """Store an observation of *relay*. A later one of the same run replaces it."""
        await self._change(OBSERVED, *observation_columns(run_id, relay, observation))

    async def finish_run(
        self, run_id: str, status: Ended, outcome: str = "", summary: Mapping[str, Any] | None = None
    ) -> bool:
        """Store how a run ended. Return False if it had already ended, or is another bot's; then nothing changes.

        In the same transaction, the run's message enters the outbox, so that the next start posts it after a
        crash.
        """
        sql = "UPDATE runs SET status = ?, outcome = ?, summary = ?, ended = ? WHERE id = ? AND status = ?"
        values = (status, outcome, json_text(summary or {}), time.time(), run_id, RUNNING)
        claims = self._claims

        def work(db: Database) -> bool:
            if claims and not claims.holds_run(db, run_id):
                return False
            first = db.execute(sql, values).rowcount == 1
            if first:
                owed = "UPDATE posts SET payload = ?, version = version + 1 WHERE key = ?"
                db.execute(owed, (json_text({"state": status}), run_id))
            return first

        return await self._writer.run(work)

    async def run(self, run_id: str) -> RunRow | None:
        """Return a run by id."""
        row = await self._one("SELECT * FROM runs WHERE id = ?", run_id)
        return run_of(row) if row else None

    async def runs(self, case_id: str) -> tuple[RunRow, ...]:
        """List the runs of a case, newest first."""
        sql = "SELECT * FROM runs WHERE case_id = ? ORDER BY started DESC, rowid DESC"
        return tuple(run_of(row) for row in await self._all(sql, case_id))

    async def finished(self, limit: int) -> tuple[RunRow, ...]:
        """List the runs with a verdict, newest first, of all cases."""
        sql = "SELECT * FROM runs WHERE status = 'done' ORDER BY started DESC, rowid DESC LIMIT ?"
        return tuple(run_of(row) for row in await self._all(sql, limit))

    async def record(self, run_id: str) -> tuple[Request, dict[str, dict[str, Observation]]] | None:
        """Return a run's request and each relay's observations by step id, in the order of arrival."""
        run = await self.run(run_id)
        if run is None:
            return None
        known: dict[str, dict[str, Observation]] = {relay: {} for relay in run.relays}
        for row in await self._all(
            "SELECT relay, value FROM observations WHERE run = ? ORDER BY rowid", run_id
        ):
            observation = observation_from_json(load(row["value"]))
            known.setdefault(row["relay"], {})[observation.step] = observation
        return run.request, known

    async def recent(
        self, team: str, user: str, limit: int = 10, *, channel: str = "", since: float = 0.0
    ) -> tuple[tuple[CaseRow, RunRow | None], ...]:
        """List the cases of a user or in a *channel*, newest first, each with its newest run; *since*: Unix time."""
        sql = (
            'SELECT * FROM cases WHERE team = ? AND ("user" = ? OR channel = ?) AND created >= ? '
            "ORDER BY created DESC, rowid DESC LIMIT ?"
        )
        newest = "SELECT * FROM runs WHERE case_id = ? ORDER BY started DESC, rowid DESC LIMIT 1"

        def work(db: Database) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
            cases = list(db.query(sql, (team, user, channel, since, limit)))
            return [(case, list(db.query(newest, (case["id"],)))) for case in cases]

        found = await self._writer.read(work)
        return tuple((case_of(case), run_of(runs[0]) if runs else None) for case, runs in found)

    async def sweep(self, now: float) -> SweptRows:
        """Delete what is older than the retention at *now* (seconds since the epoch)."""
        audit_before, claims = now - self._audited, self._claims
        if claims:
            await self._writer.run(lambda db: claims.sweep(db, now - self._kept))
        total = SweptRows()
        while (part := await self._writer.run(lambda db: sweep_cases(db, now - self._kept))).cases:
            total += part  # in parts, so that other jobs do not wait long
        return total + await self._writer.run(lambda db: sweep_rest(db, now, now - self._kept, audit_before))
