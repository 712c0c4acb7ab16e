"""A database of the former version, read back by today's: nothing is lost, and nothing reads differently."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from bot.diagnosis.engine import load_engine
from bot.slack.api.token_store import InstallationStore
from bot.slack.listeners.routes import HANDLERS
from bot.slack.state.run_history import reevaluate
from bot.storage.store import Store
from probes.protocol.json_codec import observation_to_json
from tests.compat.former import Former
from tests.fake_slack.state import CLIENT_ID

# Fields of values whose name in the code has changed; the columns and JSON keys have not.
RENAMED = {"told": "answers"}


@pytest.fixture(scope="session")
def filled(former: Former, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A database of the former version, and what that version read back from it."""
    path = tmp_path_factory.mktemp("database") / "lineman.db"
    return path, former.ask("former_database.py", str(path))


@pytest.fixture
def expected(filled: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    return filled[1]


@pytest.fixture
def path(filled: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy of the database, to change."""
    return Path(shutil.copy(filled[0], tmp_path / "lineman.db"))


async def test_every_row(expected: dict[str, Any], path: Path) -> None:
    """Cases, runs, observations, posts, inbox, feedback, labels, relays, audit, and tokens are as they were."""
    store = Store.open(path)
    relays = store.enrolment
    record = await store.record("r1")
    assert record
    found = {
        "cases": [asdict(row) for name in ("c1", "c2") if (row := await store.case(name))],
        "runs": [asdict(row) for row in await store.runs("c1")],
        "observations": {
            name: [observation_to_json(each) for each in observed.values()]
            for name, observed in record[1].items()
        },
        "inbox": [asdict(row) for row in await store.taken_in()],
        "posts": [asdict(row) for name in ("r1", "r2", "r3") if (row := await store.post(name))],
        "due": [row.key for row in await store.due()],
        "feedback": await store.feedback_counts(),
        "label": asdict(label) if (label := await store.labels.get("story-1")) else None,
        "relays": [asdict(row) for row in await relays.all()],
        "audit": [asdict(row) for row in await relays.audit()],
    }
    held = await relays.of_key(expected["relays"][0]["key"])
    assert held
    assert held.name == expected["relays"][0]["name"]
    await store.close()
    bot = InstallationStore(database=str(path), client_id=CLIENT_ID).find("T1", "")
    found["token"] = bot and bot.bot_token
    now = json.loads(json.dumps(found))
    for name, rows in expected.items():
        assert within(now[name], as_today(rows)) == as_today(rows), name
    assert {row["way"] for row in expected["inbox"]} <= set(HANDLERS)
    assert len(expected["inbox"]) == 14
    assert len(expected["relays"]) == 4


async def test_concluded_again(path: Path) -> None:
    """What each relay observed then is concluded as today: the reference relay saw the same, so it is an outage."""
    store, engine = Store.open(path), load_engine()
    run, record = await store.run("r1"), await store.record("r1")
    await store.close()
    assert run
    assert record
    again = reevaluate(engine, run, "U1", *record)
    found = {row.relay: [cause.cause for cause in row.diagnosis.found] for row in again.records}
    assert found["acme-hq"] == ["service-failing"]
    explained = [judged.cause for judged in again.records[0].diagnosis.explained]
    assert "signaling-blocked" in explained
    assert set(found) == {"acme-hq", "cloud"}


def test_relays_of_operators(
    expected: dict[str, Any], path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`lineman relays` lists and shows what the former version had enrolled, with the plans that it ran."""
    monkeypatch.setenv("LINEMAN_DATABASE", str(path))
    assert main(["relays", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["relays"]
    assert [(row["name"], row["vantage"], row["told"]) for row in listed] == [
        (row["name"], row["vantage"], row["state"]) for row in expected["relays"]
    ]
    states = {row["name"]: row["state"] for row in listed}
    assert states["gone-away"] == "revoked"
    assert states["invited"] == "invited, has not joined yet"
    assert "it left" in states["acme-hq"]
    assert main(["relays", "show", "acme-hq"]) == 0
    page = capsys.readouterr().out
    assert "U1 (T1)  31009 ios  finished" in page
    assert "clock: fine" in page


def as_today(value: Any) -> Any:
    """Rename fields of *value* to their names of today."""
    if isinstance(value, dict):
        return {RENAMED.get(name, name): as_today(row) for name, row in value.items()}
    return [as_today(row) for row in value] if isinstance(value, list) else value


def within(value: Any, former: Any) -> Any:
    """Give of *value* what *former* has too: fields may have been added since."""
    if isinstance(value, dict) and isinstance(former, dict):
        return {name: within(row, former[name]) for name, row in value.items() if name in former}
    if isinstance(value, list) and isinstance(former, list) and len(value) == len(former):
        return [within(row, other) for row, other in zip(value, former, strict=True)]
    return value
