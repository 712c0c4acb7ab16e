"""The database is made in numbered steps; a step that is out is never changed."""

import ast
import hashlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import UsageError
from bot.model.request import Request
from bot.storage import migrations
from bot.storage.connect import open_database
from bot.storage.migrations import STEPS
from bot.storage.row_codec import to_json
from bot.storage.store import Store
from probes.protocol.json_codec import dump, observation_to_json
from probes.protocol.model import Observation, Target

# A step whose digest changes has been edited: undo that, and write another step.
RELEASED = {
    "m001_cases_and_runs": "8a88f70cda7194e1",
    "m002_feedback": "a1a0a237fa4727a9",
    "m003_events_and_posts": "be860e31bcf8682f",
    "m004_inbox": "15c14d33e7528a30",
    "m005_relays": "a23c12d4a9e9c847",
    "m006_ways_in": "da567e20d32d1182",
    "m007_several_relays": "28da006aaab3a0e1",
    "m008_readings": "c165ee46e763cfcc",
}


def digest_of(step: Callable[..., object]) -> str:
    """The digest of what *step* does: its code without comments and docstring."""
    (function,) = ast.parse(inspect.getsource(step)).body
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)
    function.body = function.body[1:]
    return hashlib.sha256(ast.unparse(function).encode()).hexdigest()[:16]


def test_released_steps_are_never_edited() -> None:
    """Each step does what it did when it was released, and new ones are pinned here in the same commit."""
    names = [name for name in vars(migrations) if name.startswith("m")]
    assert {name: digest_of(getattr(migrations, name)) for name in names} == RELEASED


def test_steps_are_numbered_in_their_order() -> None:
    """The names are m001, m002, … in the order in which they are applied; no number is there twice."""
    names = [step.name for step in STEPS.pending(Database(memory=True))]
    numbers = [int(name[1:4]) for name in names]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1


async def test_runs_of_one_relay_become_runs_of_several(tmp_path: Path) -> None:
    """A database from before keeps its runs, each with its one relay, and what was seen in the order it was seen."""
    path = tmp_path / "x.db"
    db = private(path)
    STEPS.apply(db, stop_before=[name for name in RELEASED if name > "m006"])
    request = dump(to_json(Request("31009", "ios")))
    values = ("r1", "c1", "acme", "reference", request, "d", "twilio", 1.0, "done", 2.0, "found", "{}")
    db.execute(f"INSERT INTO runs VALUES ({', '.join('?' * 12)})", values)
    for step in ("z", "a"):
        seen = Observation(step, "tcp", Target("signaling", "a.example", 443), None, {}, 1.0, 0.1)
        db.execute("INSERT INTO observations VALUES ('r1', ?, ?)", (step, dump(observation_to_json(seen))))
    db.conn.commit()
    db.close()
    store = Store.open(path)
    run, kept = await store.run("r1"), await store.record("r1")
    assert run
    assert (run.vantages, run.status, run.outcome) == ({"acme": "reference"}, "done", "found")
    assert kept
    assert {relay: list(seen) for relay, seen in kept[1].items()} == {"acme": ["z", "a"]}
    await store.close()
    """The names begin with rising numbers, in the order in which they are applied."""
    names = [step.name for step in STEPS.pending(Database(memory=True))]
    numbers = [int(name[1:4]) for name in names]
    assert numbers == sorted(set(numbers))


def test_second_run_changes_nothing(tmp_path: Path) -> None:
    """Opening again applies nothing, and the schema is the same to the letter."""
    first = open_database(tmp_path / "x.db")
    schema, applied = first.schema, STEPS.applied(first)
    first.close()
    again = open_database(tmp_path / "x.db")
    assert again.schema == schema
    assert STEPS.applied(again) == applied
    assert STEPS.pending(again) == []
    assert again.journal_mode == "wal"
    again.close()


def test_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """All steps are applied, or none."""
    db = private(tmp_path / "x.db")
    db.execute("CREATE TABLE posts (id)")
    before = db.schema
    db.close()
    with pytest.raises(UsageError, match="cannot be used"):
        open_database(tmp_path / "x.db")
    after = Database(tmp_path / "x.db")
    assert after.schema == before
    after.close()


def test_commands_kept_by_an_older_version_are_answered(tmp_path: Path) -> None:
    """What a version before the sixth step had accepted and not begun is there after the update, as a command."""
    old = private(tmp_path / "x.db")
    STEPS.apply(old, stop_before="m006_ways_in")
    said = 'from "acme-hq" 31009'
    old.table("inbox").insert(
        {"team": "T1", "event": "1.2.3", "asker": '{"user":"U1"}', "text": said, "received": 5.0}
    )
    old.close()
    new = open_database(tmp_path / "x.db")
    (row,) = new.query("SELECT * FROM inbox")
    assert json.loads(row.pop("said")) == {"text": said}
    assert row == {
        "team": "T1",
        "event": "1.2.3",
        "way": "command",
        "asker": '{"user":"U1"}',
        "turn": "",
        "stamp": "",
        "received": 5.0,
        "tries": 0,
    }
    new.close()


def private(path: Path) -> Database:
    """Make a database that only its owner can read, as every version of Lineman does."""
    path.touch(0o600)
    return Database(path)
