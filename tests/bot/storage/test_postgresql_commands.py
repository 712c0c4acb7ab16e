"""The commands on PostgreSQL: copy, doctor, backup, labels, history; none shows a password."""

import asyncio
import gc
from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk.oauth.installation_store.models.installation import Installation

from bot.cli.doctor_checks import check_database, check_disk
from bot.cli.main import main
from bot.errors import UsageError
from bot.model.records import InboxRow, PostRow
from bot.slack.api.postgresql_tokens import PostgresInstallationStore, PostgresStateStore
from bot.slack.api.token_store import InstallationStore
from bot.storage.address import PostgresAddress, parse_database
from bot.storage.audit_table import AuditEntry
from bot.storage.postgresql_bots import join_bots, new_bot
from bot.storage.relay_registry import RegisteredRelay
from bot.storage.store import Store
from tests.bot.storage.test_labels import READINGS
from tests.bot.storage.test_store import CASE, RUN, SEEN
from tests.postgresql import PostgresServer


@pytest.fixture
def address(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> PostgresAddress:
    address = parse_database(postgres.database().replace("lineman@", "lineman:hunter2@"))
    assert isinstance(address, PostgresAddress)
    monkeypatch.setenv("LINEMAN_DATABASE", address.url)
    return address


async def fill(path: Path) -> None:
    """Put at least one row into each table."""
    store = Store.open(path)
    await store.open_case(replace(CASE, thread_ts="1.1"))
    await store.start_run(RUN, None, PostRow(RUN.id, RUN.id, "T1", "C1", "", {"state": "running"}))
    for step in ("z", "a"):
        await store.save_observation(RUN.id, "local", replace(SEEN, step=step))
    await store.save_feedback(RUN.id, "dns", "right", "U1", "yes")
    await store.save_vote(RUN.id, "right", "U2")
    await store.take_in(InboxRow("T1", "E1", "mention", {"user": "U1"}, {"text": "31009"}, "t", "1"))
    await store.enrolment.invite(RegisteredRelay("acme", None, labels=("site=hq",)), 5.0)
    await store.enrolment.begin(AuditEntry("p1", 1.0, "acme", "U1", "31009"))
    await store.labels.offer("l1", "T1", "no ring", READINGS, "digest")
    await store.close()
    installs = InstallationStore(database=str(path), client_id="c")
    installs.save(installation())
    installs._remember("T1", "E1")
    gc.collect()  # the SDK closes no connection


def installation() -> Installation:
    return Installation(
        app_id="A1",
        team_id="T1",
        user_id="U1",
        bot_token="xoxb-1",
        bot_id="B1",
        bot_user_id="U9",
        bot_scopes=["a"],
    )


async def everything(address: PostgresAddress | Path) -> list[object]:
    """Read all tables, in the order of the rows that have one."""
    store = Store.open(address)
    tables = {
        "cases": "rowid", "runs": "rowid", "observations": "rowid", "feedback": "id", "events": "event", "posts": "key",
        "inbox": "event", "relays": "name", "invitations": "token", "audit": "id", "readings": "id",
        "slack_bots": "id", "slack_installations": "id", "slack_homes": "team_id",
    }  # fmt: skip
    rows = [await store._all(f"SELECT * FROM {table} ORDER BY {order}") for table, order in tables.items()]
    await store.close()
    assert all(rows)
    return [[{name: row[name] for name in row if name != "rowid"} for row in table] for table in rows]


async def test_copy(address: PostgresAddress, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every row of every table arrives as it was, and new rows come after it; a second copy is refused."""
    path = tmp_path / "lineman.db"
    await fill(path)
    assert await asyncio.to_thread(main, ["database", "copy", str(path)]) == 0
    output = capsys.readouterr().out
    assert f"Copied 16 rows of 16 tables to {address}." in output
    assert "hunter2" not in output
    assert await everything(address) == await everything(path)
    store = Store.open(address)
    await store.save_feedback("other", "dns", "right", "U1")
    await store.save_observation(RUN.id, "local", replace(SEEN, step="b"))
    await store.enrolment.begin(AuditEntry("p2", 2.0, "acme", "U1", "31009"))
    assert list((await store.record(RUN.id) or (None, {}))[1]["local"]) == ["z", "a", "b"]
    assert [entry.plan for entry in await store.enrolment.audit()] == ["p2", "p1"]
    await store.close()
    assert await asyncio.to_thread(main, ["database", "copy", str(path)]) == 2
    assert "has rows already" in capsys.readouterr().err


async def test_copy_is_refused(
    address: PostgresAddress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is in use, is missing, or is no database, and a target with a bot, are left alone."""
    path = tmp_path / "lineman.db"
    store = Store.open(path)
    assert await asyncio.to_thread(main, ["database", "copy", str(path)]) == 2
    assert "is in use. Stop `lineman serve` and `lineman hub`" in capsys.readouterr().err
    await store.close()
    async with join_bots(address, new_bot()):
        assert await asyncio.to_thread(main, ["database", "copy", str(path)]) == 2
    assert "A bot uses the PostgreSQL database" in capsys.readouterr().err
    for words, error in (
        ([str(tmp_path / "none.db")], "There is no database at"),
        ([address.url, str(path)], "This copies from a file to PostgreSQL"),
        ([str(path), "mysql://u:hunter2@h/x"], "A database must be a file for SQLite"),
    ):
        assert await asyncio.to_thread(main, ["database", "copy", *words]) == 2
        output = capsys.readouterr()
        assert error in output.err
        assert "hunter2" not in output.err + output.out


def test_doctor(postgres: PostgresServer, address: PostgresAddress) -> None:
    """It says whether the server can be reached and written, without the password, and changes nothing."""
    environment = {"LINEMAN_DATABASE": address.url}
    assert check_database(environment) == ("ok", f"{address} can be reached and written.", "")
    assert postgres.command("SELECT * FROM events", address.url) == []
    assert check_disk(environment)[0] == "ok"
    empty = postgres.empty()
    assert "There are no tables" in check_database({"LINEMAN_DATABASE": empty})[1]
    assert postgres.command("SELECT * FROM pg_tables WHERE schemaname = 'public'", empty) == []
    postgres.command("INSERT INTO lineman_migrations VALUES ('m999_future', now())", address.url)
    assert check_database(environment)[::2] == ("problem", "Update Lineman.")
    postgres.command("DELETE FROM lineman_migrations WHERE name = 'm999_future'", address.url)
    name = address.url.split("/")[3].partition("?")[0]
    postgres.command(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    state, found, step = check_database(environment)
    assert (state, found) == (
        "problem",
        f"{address} cannot be written: cannot execute INSERT in a read-only transaction.",
    )
    assert step
    with pytest.raises(UsageError, match="cannot be used"):
        check_database({"LINEMAN_DATABASE": "postgresql://u:hunter2@/x?host=/nonexistent"})


@pytest.mark.parametrize(("command", "program"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_backup_names_the_tools_of_the_server(
    address: PostgresAddress, command: str, program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands that copy files name those of PostgreSQL instead, without the password."""
    assert main([command, "x.dump"]) == 2
    error = capsys.readouterr().err
    assert f"Run: {program} " in error
    assert "hunter2" not in error


async def test_labels_and_history(address: PostgresAddress, capsys: pytest.CaptureFixture[str]) -> None:
    """What reads the bot's database reads it on the server, too."""
    store = Store.open(address)
    await store.labels.offer("l1", "T1", "no ring", READINGS, "digest")
    await store.labels.choose("l1", "client-asleep")
    await store.open_case(CASE)
    await store.start_run(RUN)
    await store.finish_run(RUN.id, "done", "found", {"headline": "Blocked: UDP"})
    await store.close()
    assert await asyncio.to_thread(main, ["labels"]) == 0
    assert "no ring\tclient-asleep" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["history"]) == 0
    assert RUN.id in capsys.readouterr().out


async def test_workspaces_are_installed(address: PostgresAddress) -> None:
    """Tokens and begun installations are kept, replaced, found by the organization, and deleted."""
    installs, states = PostgresInstallationStore(address, "c"), PostgresStateStore(address, 600)
    state = states.issue()
    assert states.consume(state)
    assert not states.consume(state)
    installs.save(installation())
    again = installation()
    again.bot_token, again.is_enterprise_install = "xoxb-2", False
    installs.save(again)
    bot = installs.find("T1", "")
    assert bot
    assert bot.bot_token == "xoxb-2"
    moved = installs.find("T1", "E1")
    assert moved
    assert moved.bot_token == "xoxb-2"
    installs.forget("T1", "E1")
    assert installs.find("T1", "") is None
