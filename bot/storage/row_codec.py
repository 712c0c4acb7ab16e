"""Convert database rows to values and back. Free text is redacted before it is stored."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from bot.model.records import CaseRow, InboxRow, PostRow, RunRow
from bot.model.request import Request
from bot.redaction.redact import redact, redact_json
from bot.storage.database import Database
from probes.protocol.json_codec import dump, load, observation_to_json
from probes.protocol.json_fields import Json, JsonForm, take_version
from probes.protocol.model import Observation


def maybe_case(row: dict[str, Any] | None) -> CaseRow | None:
    """Read a row of `cases`, if there is one."""
    return case_of(row) if row else None


def case_of(row: dict[str, Any]) -> CaseRow:
    """Read a row of `cases`."""
    return CaseRow(**_without_rowid(row) | {"request": from_json(load(row["request"]))})


def run_of(row: dict[str, Any]) -> RunRow:
    """Read a row of `runs`."""
    values = _without_rowid(row)
    values["case"] = values.pop("case_id")
    values["request"] = from_json(load(row["request"]))
    values["summary"] = load(row["summary"])
    values["vantages"] = json.loads(row["vantages"])
    return RunRow(**values)


def run_columns(run: RunRow) -> dict[str, Any]:
    """Return the stored columns of a run, by name."""
    row = asdict(run) | {"request": request_text(run.request), "summary": json_text(run.summary)}
    row["vantages"] = json.dumps(dict(run.vantages))  # in the order of the run
    row["case_id"] = row.pop("case")
    return row


def observation_columns(run_id: str, relay: str, observation: Observation) -> tuple[str, str, str, str]:
    """Return the stored columns of an observation, in the order of the table."""
    value = observation_to_json(observation)
    value["facts"] = redact_json(value["facts"])
    return run_id, relay, observation.step, dump(value)


def _without_rowid(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out the order of arrival, which is a column on PostgreSQL and hidden on SQLite."""
    return {name: value for name, value in row.items() if name != "rowid"}


def post_of(row: dict[str, Any]) -> PostRow:
    """Read a row of `posts`."""
    return PostRow(**row | {"payload": load(row["payload"])})


def columns_of(post: PostRow) -> tuple[Any, ...]:
    """Return the stored columns of a message, in the order of the table."""
    where = (post.team, post.channel, post.thread_ts, post.message_ts)
    return post.key, post.run, *where, json_text(post.payload), post.created or time.time()


def request_text(request: Request) -> str:
    """Write a request as JSON."""
    answers = {name: safe_text(value) for name, value in request.answers.items()}
    return dump(to_json(replace(request, answers=answers)))


def json_text(value: Mapping[str, Any]) -> str:
    """Write *value* as JSON."""
    return dump(redact_json(dict(value)))


# Characters of one text from a user: the most that a Slack message holds.
LONGEST: Final = 40_000


# Characters whose redaction takes about 1 ms. Longer texts are redacted in a separate thread.
AT_ONCE: Final = 1_000


OBSERVED: Final = (
    "INSERT INTO observations VALUES (?, ?, ?, ?) "
    "ON CONFLICT (run, relay, step) DO UPDATE SET value = excluded.value"
)


LET_GO: Final = "DELETE FROM inbox WHERE team = ? AND event = ?"


TRIED: Final = "UPDATE inbox SET tries = tries + 1 WHERE team = ? AND event = ? RETURNING tries"


OF_THREAD: Final = "SELECT * FROM cases WHERE team = ? AND channel = ? AND thread_ts = ? AND thread_ts != ''"


_FIRST: Final = "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT (team, event) DO NOTHING"


_WAITING: Final = "SELECT 1 FROM inbox WHERE team = ? AND turn = ? AND turn != '' LIMIT 1"


async def without_secrets(row: InboxRow) -> InboxRow:
    """Redact user texts without blocking the event loop."""
    cut = {name: value[:LONGEST] for name, value in row.said.items()}

    def safe() -> dict[str, str]:
        return {name: safe_text(value) for name, value in cut.items()}

    at_once = sum(map(len, cut.values())) <= AT_ONCE
    return replace(row, said=safe() if at_once else await asyncio.to_thread(safe))


def safe_text(text: str) -> str:
    """Redact *text*, and remove half surrogate pairs, which no database column can store."""
    return redact(text).text.encode("utf-8", "replace").decode()


def keep_request(db: Database, row: InboxRow, thread: tuple[str, str] | None, now: float) -> bool:
    """Store a request and return True. Return False for a duplicate, or a *thread* without a case."""
    if thread and not _ours(db, row, thread):
        return False
    event = (row.team, row.event)
    if db.execute(_FIRST, (*event, now)).rowcount != 1:
        return False
    what = (row.way, dump(dict(row.asker)), dump(dict(row.said)), row.turn, row.stamp)
    db.execute("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", (*event, *what, now))
    return True


def read_request(row: Mapping[str, Any]) -> InboxRow:
    """Convert a row to an InboxRow."""
    values = {name: value for name, value in row.items() if name != "tries"}
    return InboxRow(**values | {"asker": json.loads(row["asker"]), "said": json.loads(row["said"])})


def _ours(db: Database, row: InboxRow, thread: tuple[str, str]) -> bool:
    """Tell whether the thread has a case, or a request that starts one is queued in the same turn."""
    about = list(db.query(OF_THREAD, (row.team, *thread)))
    return bool(about or list(db.query(_WAITING, (row.team, row.turn))))


# Increase this if a field is renamed, added, or changes its meaning.
VERSION: Final = 1


def to_json(request: Request) -> Json:
    """Write *request* as JSON."""
    return {
        "version": VERSION,
        "code": request.code,
        "platform": request.platform,
        "edge": request.edge,
        "told": dict(request.answers),
        "relays": list(request.relays),
        **(
            {"assumed": request.assumed} if request.assumed else {}
        ),  # only if set: earlier versions accept no other field
    }


def from_json(value: object) -> Request:
    """Read a request. `WireError` names the field that is missing, unknown, or wrong."""
    _, left = take_version(value, "version", (VERSION,), "request")
    return _REQUEST.read({"assumed": "", **left}, "request")


_REQUEST: Final = JsonForm(Request, {"answers": "told"})
