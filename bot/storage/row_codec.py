"""The columns of the database as values, and back; free text goes in without its secrets."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.kept import safe_text
from bot.redact import redact_json
from bot.request import Request
from bot.request_json import from_json, to_json
from bot.rows import CaseRow, PostRow, RunRow
from probes.protocol.json_codec import dump, load


def maybe_case(row: dict[str, Any] | None) -> CaseRow | None:
    """Read a row of `cases`, if there is one."""
    return case_of(row) if row else None


def case_of(row: dict[str, Any]) -> CaseRow:
    """Read a row of `cases`."""
    return CaseRow(**row | {"request": from_json(load(row["request"]))})


def run_of(row: dict[str, Any]) -> RunRow:
    """Read a row of `runs`."""
    values = dict(row)
    values["case"] = values.pop("case_id")
    values["request"] = from_json(load(row["request"]))
    values["summary"] = load(row["summary"])
    values["vantages"] = json.loads(row["vantages"])
    return RunRow(**values)


def post_of(row: dict[str, Any]) -> PostRow:
    """Read a row of `posts`."""
    return PostRow(**row | {"payload": load(row["payload"])})


def columns_of(post: PostRow) -> tuple[Any, ...]:
    """Give what is written of a message that is owed, in the order of the columns."""
    where = (post.team, post.channel, post.thread_ts, post.message_ts)
    return post.key, post.run, *where, json_text(post.payload), post.created or time.time()


def request_text(request: Request) -> str:
    """Write a request as JSON."""
    told = {name: safe_text(value) for name, value in request.told.items()}
    return dump(to_json(replace(request, told=told)))


def json_text(value: Mapping[str, Any]) -> str:
    """Write *value* as JSON."""
    return dump(redact_json(dict(value)))
