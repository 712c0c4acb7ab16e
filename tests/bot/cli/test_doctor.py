"""`lineman doctor` finds each thing that is wrong with an installation, and says what to do next."""

import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio

from bot.cli.doctor import DoctorResult, check_all
from bot.cli.main import main
from bot.relays.hub.control_socket import controlled
from bot.relays.hub.hub import Hub
from bot.storage.connect import open_database
from bot.storage.relay_registry import RelayRegistry
from probes.protocol.keys import make_identity
from tests.fake_slack.slack import FakeSlack


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serving() as slack:
        yield slack


def healthy(folder: Path, slack: FakeSlack) -> dict[str, str]:
    """The environment of an installation in *folder* with nothing wrong."""
    open_database(folder / "lineman.db").close()
    return {**slack.environment, "LINEMAN_DATABASE": str(folder / "lineman.db")}


async def states(environment: dict[str, str]) -> dict[str, DoctorResult]:
    """Each check's result; of several with one name, the first problem."""
    results = await check_all(environment)
    return {result.name: result for result in sorted(results, key=lambda each: each.state == "problem")}


async def test_healthy(tmp_path: Path, slack: FakeSlack) -> None:
    """A healthy installation has no problem; what does not exist here is not called fine."""
    registry = RelayRegistry.open(tmp_path / "lineman.db")
    hub = Hub(registry, ("hub.example",))
    async with hub.serving(), controlled(hub, tmp_path / "lineman-hub.sock"):
        found = await states(healthy(tmp_path, slack))
    await registry.close()
    assert {name: result.state for name, result in found.items()} == dict.fromkeys(
        ("settings", "network file", "state", "database", "disk", "signing key", "hub", "Slack", "clock"),
        "ok",
    )
    found = await states({**healthy(tmp_path, slack), "SLACK_BOT_TOKEN": "", "SLACK_APP_TOKEN": ""})
    assert {name for name, result in found.items() if result.state == "unchecked"} == {
        "hub",
        "Slack",
        "clock",
    }


Break = Callable[[Path, FakeSlack, dict[str, str]], object]


def lock(folder: Path, _: FakeSlack, __: dict[str, str]) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "lineman.db")
    db.execute("BEGIN IMMEDIATE")
    return db


def damage(folder: Path, _: FakeSlack, __: dict[str, str]) -> None:
    (folder / "lineman.db").write_bytes(b"no database at all, whatever its name says" * 100)


def open_key(folder: Path, _: FakeSlack, __: dict[str, str]) -> None:
    make_identity(folder / "lineman-signing.key")
    (folder / "lineman-signing.key").chmod(0o644)


WRONG: dict[str, tuple[str, str, Break]] = {
    "setting": ("settings", "SLACK_BOT_TOKEN", lambda _, __, env: env.update(SLACK_BOT_TOKEN="xoxp-1")),
    "network file": (
        "network file",
        "nowhere.yaml",
        lambda _, __, env: env.update(LINEMAN_NETWORK="nowhere.yaml"),
    ),
    "locked": ("database", "cannot be written", lock),
    "damaged": ("database", "not an undamaged database", damage),
    "public": ("database", "Other users can read", lambda folder, *_: (folder / "lineman.db").chmod(0o644)),
    "key": ("signing key", "lineman-signing.key", open_key),
    "dead hub": ("hub", "No hub answers", lambda folder, *_: (folder / "lineman-hub.sock").touch()),
    "token": ("Slack", "invalid_auth", lambda _, __, env: env.update(SLACK_BOT_TOKEN="xoxb-1-1-abc")),
    "app token": (
        "Slack",
        "SLACK_APP_TOKEN",
        lambda _, __, env: env.update(SLACK_APP_TOKEN="xapp-1-A-1-abc"),
    ),
    "scope": (
        "Slack",
        "lacks the scopes files:read",
        lambda _, slack, __: slack.team.scopes.discard("files:read"),
    ),
    "no Slack": (
        "Slack",
        "cannot be reached",
        lambda _, __, env: env.update(SLACK_API_URL="http://127.0.0.1:9/api/"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_each_thing_that_can_be_wrong(tmp_path: Path, slack: FakeSlack, name: str) -> None:
    """One thing is broken: its check says so in words, and no other is a problem."""
    check, words, break_it = WRONG[name]
    environment = healthy(tmp_path, slack)
    kept = break_it(tmp_path, slack, environment)
    found = await states(environment)
    if isinstance(kept, sqlite3.Connection):
        kept.close()
    assert {each.name for each in found.values() if each.state == "problem"} == {check}
    assert words in found[check].found
    tokens = environment["SLACK_BOT_TOKEN"], environment["SLACK_APP_TOKEN"]
    assert not [each for each in found.values() if any(token in each.found for token in tokens)]


async def test_clock(tmp_path: Path, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is a minute ahead of Slack's is a problem."""
    monkeypatch.setattr("bot.slack.api.doctor.time", SimpleNamespace(time=lambda: time.time() + 60))
    clock = (await states(healthy(tmp_path, slack)))["clock"]
    assert clock.state == "problem"
    assert "ahead of Slack's" in clock.found


def test_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In an empty folder, nothing is a problem, and the command makes no file."""
    for name in ("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LINEMAN_DATABASE", str(tmp_path / "lineman.db"))
    assert main(["doctor"]) == 0
    assert main(["doctor", "--json"]) == 0
    assert '"name":"database","state":"ok"' in capsys.readouterr().out.replace('": "', '":"').replace(
        ", ", ","
    )
    assert list(tmp_path.iterdir()) == []


def test_files_of_an_earlier_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The doctor says where they are and how to move them."""
    monkeypatch.chdir(tmp_path)
    open_database(tmp_path / "lineman.db").close()
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert f"✗ state: The files are in {tmp_path}, the default of an earlier version.\n" in out
    assert f"mv {tmp_path}/lineman.db* " in out


def test_a_problem_is_an_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts see a problem by the exit code."""
    monkeypatch.setenv("LINEMAN_DATABASE", str(tmp_path / "lineman.db"))
    with closing(sqlite3.connect(tmp_path / "lineman.db")) as db:
        db.execute("CREATE TABLE songs (title TEXT)")
    assert main(["doctor"]) == 1
