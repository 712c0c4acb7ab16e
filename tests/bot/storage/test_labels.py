"""What people meant by a story is kept without secrets, exported as lines to tune with, and forgotten in time."""

import time
from pathlib import Path

import pytest

from bot.cli.labels import read_labels
from bot.cli.main import main
from bot.model.records import CaseRow, RunRow
from bot.model.request import Request
from bot.model.symptom_match import CauseCandidate, SymptomMatch
from bot.storage.address import DatabaseAddress
from bot.storage.labels import LONGEST, NONE, from_json, to_json
from bot.storage.retention import DAY
from bot.storage.store import Store

READINGS = SymptomMatch(
    (),
    {"platform": "ios"},
    (
        CauseCandidate("client-asleep", "It was asleep", 0.4),
        CauseCandidate("push-registration", "No push", 0.3),
    ),
    "close",
)
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9m"


async def offer(store: Store, name: str, story: str) -> None:
    await store.labels.offer(name, "T1", story, READINGS, "digest")


async def test_choice_is_kept(store: Store, address: DatabaseAddress) -> None:
    """The last choice counts, “none” is a line of its own, what nobody chose is none; secrets and breaks are gone."""
    await offer(store, "a", f"does not\nring\tat all {TOKEN}")
    await offer(store, "b", "it is\u2028quiet \ud800")
    await offer(store, "c", "nobody chose")
    await store.labels.choose("a", "push-registration")
    await store.labels.choose("a", "client-asleep")
    await store.labels.choose("b", NONE)
    assert not any(TOKEN in str(row) for row in await store._all("SELECT * FROM readings"))
    assert sorted(read_labels(address)) == [
        ("does not ring at all [access token removed]", "client-asleep"),
        ("it is quiet ?", "-"),
    ]
    told = await store.labels.get("a")
    assert told
    assert told.readings == READINGS
    assert await store.labels.get("z") is None


async def test_what_was_right_in_the_end_is_a_label(store: Store, address: DatabaseAddress) -> None:
    """Where the best reading was gone ahead with, the cause that somebody confirmed is what the story meant."""
    await offer(store, "a", "no ring")
    await store.open_case(CaseRow("c1", "T1", "C1", "U1", Request("31009")))
    await store.start_run(RunRow("r1", "c1", {"local": "user-network"}, Request("31009"), "d", "twilio", 1.0))
    await store.labels.began("a", "c1")
    assert await store.labels.meant("c1") == ("client-asleep",)
    assert await store.labels.meant("c2") == ()
    await store.save_feedback("r1", "several-clients", "wrong", "U1")
    assert read_labels(address) == []
    await store.save_feedback("r1", "network-change", "right", "U1")
    assert read_labels(address) == [("no ring", "network-change")]


async def test_old_stories_go(store: Store, address: DatabaseAddress) -> None:
    """A story is people's words, and goes with the retention; a long one is cut."""
    await offer(store, "a", "x " * 40_000)
    await store.labels.choose("a", NONE)
    assert len(read_labels(address)[0][0]) <= LONGEST
    await store.sweep(time.time() + 29 * DAY)
    assert read_labels(address)
    await store.sweep(time.time() + 31 * DAY)
    assert read_labels(address) == []


def test_readings_survive_the_database() -> None:
    """What is read again is what was offered."""
    assert from_json(to_json(READINGS)) == READINGS


@pytest.mark.parametrize("content", [None, b"no database at all, but long enough to look like one"])
def test_command_without_a_database(tmp_path: Path, content: bytes | None, capsys) -> None:
    """Where there is no database of the bot's, one sentence says so."""
    path = tmp_path / "lineman.db"
    if content is not None:
        path.write_bytes(content)
    assert main(["labels", str(path)]) == 2
    assert "database" in capsys.readouterr().err
