"""What only a server can do to a store: end connections in the middle, stop, refuse, and be shared."""

import asyncio
import logging
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import UsageError
from bot.slack.api.token_store import InstallationStore
from bot.storage import postgresql_sessions
from bot.storage.address import PostgresAddress, parse_database
from bot.storage.audit_table import AuditEntry
from bot.storage.connect import open_database
from bot.storage.database import Database, StoreError, insert
from bot.storage.migrations import STEPS as SQLITE_STEPS
from bot.storage.postgresql import PostgresDatabase, psycopg
from bot.storage.postgresql_schema import STEPS
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from bot.storage.retention import SweptRows
from bot.storage.store import Store
from tests.bot.storage.test_store import CASE, asked
from tests.postgresql import PostgresServer

NUMBER = "SELECT pg_current_xact_id()::text"  # of the transaction
ENTRY = AuditEntry("plan-1", 1.0, "acme-hq", "T1/U1", "31009 ios")


def server_address(url: str) -> PostgresAddress:
    address = parse_database(url)
    assert isinstance(address, PostgresAddress)
    return address


@pytest.fixture
def address(postgres: PostgresServer) -> PostgresAddress:
    return server_address(postgres.database())


@pytest_asyncio.fixture
async def store(address: PostgresAddress) -> AsyncIterator[Store]:
    opened = Store.open(address)
    yield opened
    await opened.close()


def test_both_databases_have_the_same_columns(
    postgres: PostgresServer, address: PostgresAddress, tmp_path: Path
) -> None:
    """Tables and columns are those of SQLite, in the same order; the rowid is hidden there."""
    file = open_database(tmp_path / "x.db")
    installs = InstallationStore(database=str(tmp_path / "x.db"), client_id="c")
    installs.init()
    installs._remember("T1", "E1")
    sqlite = {
        table.name: [column.name for column in table.columns]
        for table in file.tables
        if not table.name.startswith(("sqlite_", "_sqlite_"))
    }
    file.close()
    rows = postgres.command(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND column_name != 'rowid' ORDER BY table_name, ordinal_position",
        address.url,
    )
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    shared = ("bots", "request_claims", "run_claims", "post_claims", "thread_claims")  # SQLite has one bot
    for other in ("last_commits", "lineman_migrations", "oauth_states", *shared):
        found.pop(other)
    assert found == sqlite


def test_steps_are_those_of_sqlite(tmp_path: Path) -> None:
    """The newest step has the same name on both databases: whoever adds one adds the other."""
    file = open_database(tmp_path / "x.db")
    assert list(STEPS)[-1] == SQLITE_STEPS.applied(file)[-1].name
    file.close()


async def test_two_processes_migrate_at_once(postgres: PostgresServer) -> None:
    """Of two who start together on an empty database one makes the tables, and the other waits for it."""
    address = server_address(postgres.empty())
    stores = await asyncio.gather(*(asyncio.to_thread(Store.open, address) for _ in range(2)))
    assert [await store.open_case(CASE) for store in stores[:1]] == [CASE]
    assert await stores[1].case(CASE.id) == CASE
    for store in stores:
        await store.close()


def test_step_that_fails_leaves_nothing(postgres: PostgresServer) -> None:
    """All steps are applied, or none."""
    url = postgres.empty()
    postgres.command("CREATE TABLE posts (id integer)", url)
    with pytest.raises(UsageError, match=r"cannot be used: relation .posts. already exists"):
        Store.open(server_address(url))
    assert postgres.command("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", url) == [
        ("posts",)
    ]


def test_newer_database_is_refused(postgres: PostgresServer, address: PostgresAddress) -> None:
    """A database that a newer version has changed is not touched by an older one."""
    postgres.command("INSERT INTO lineman_migrations VALUES ('m999_future', now())", address.url)
    with pytest.raises(UsageError, match=r"newer version of Lineman \(m999_future"):
        Store.open(address)


async def test_lost_connections_are_made_again(
    postgres: PostgresServer, address: PostgresAddress, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever writes or reads after the server has ended its connections notices nothing; the log has it."""
    await store.open_case(CASE)
    assert postgres.disconnect(address.url) == 2
    with caplog.at_level(logging.WARNING):
        assert await store.case(CASE.id) == CASE
        await store.bind_thread(CASE.id, "C1", "1.1")
    assert (await store.case(CASE.id) or CASE).thread_ts == "1.1"
    assert "lost the connection to the database postgresql://" in caplog.text
    assert re.search("connected to the database postgresql://.* again", caplog.text)


@pytest.mark.parametrize("arrives", [True, False])
async def test_connection_lost_while_committing(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, arrives: bool
) -> None:
    """Whether the COMMIT arrived or not, the change is there once, and its caller gets the first answer."""
    commit, lost = PostgresDatabase.commit, list[PostgresDatabase]()

    def losing(self: PostgresDatabase) -> None:
        if lost:
            return commit(self)
        lost.append(self)
        if arrives:
            commit(self)
        self.connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(PostgresDatabase, "commit", losing)
    assert await store.enrolment.begin(ENTRY) is True
    assert lost
    assert await store.enrolment.begin(ENTRY) is False
    assert len(await store.enrolment.audit()) == 1


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
async def test_commit_that_goes_on_without_its_connection(
    address: PostgresAddress, store: Store, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """The server still works on the COMMIT of a lost connection: its end is waited for, and decides."""
    commit, late = PostgresDatabase.commit, list[threading.Timer]()

    def finish(connection: psycopg.Connection) -> None:
        connection.execute(end)
        connection.close()

    def losing(self: PostgresDatabase) -> None:
        if late:
            return commit(self)
        late.append(threading.Timer(0.3, finish, (self.connection,)))
        late[0].start()
        self.connection = psycopg.connect(address.url)
        self.connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(PostgresDatabase, "commit", losing)
    assert await store.enrolment.begin(ENTRY) is True
    late[0].join()
    assert await store.enrolment.begin(ENTRY) is False
    assert len(await store.enrolment.audit()) == 1


async def test_connection_that_the_server_still_holds(address: PostgresAddress, store: Store) -> None:
    """If only this side knows that a connection is lost, its transaction does not block the others of the process."""
    lost = list[psycopg.Connection]()

    def losing(db: Database) -> None:
        insert(db, "events", {"team": "T1", "event": f"E{len(lost)}", "seen": 1.0})
        if not lost:
            assert isinstance(db, PostgresDatabase)
            lost.append(db.connection)
            db.connection = psycopg.connect(address.url)
            db.connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    begun = time.monotonic()
    await store._writer.run(losing)
    await store.open_case(CASE)
    assert time.monotonic() - begun < 4  # nothing waited for the lock of the lost connection
    lost[0].close()
    assert await store._all("SELECT event FROM events") == [{"event": "E1"}]


async def test_crash_while_committing(
    postgres: PostgresServer, address: PostgresAddress, store: Store
) -> None:
    """A server that crashes forgets the transaction and gives its number to another: the change is made again."""
    numbers = list[int]()

    def crash(event: str, db: Database) -> None:
        insert(db, "events", {"team": "T1", "event": event, "seen": 1.0})
        if not numbers:
            numbers.append(int(db.execute(NUMBER).fetchone()[0]))
            postgres.stop()
            postgres.start()
            while len(numbers) == 1 or numbers[-1] < numbers[0]:  # what others change
                numbers.append(int(postgres.command(NUMBER, address.url)[0][0]))

    events = [f"E{number}" for number in range(10)]
    for done, event in enumerate(events, 1):
        await store._writer.run(partial(crash, event))
        assert len(await store._all("SELECT event FROM events")) == done
        if numbers[0] in numbers[1:]:
            break
        numbers.clear()  # the server had just written down that the transaction began
    assert numbers, "no number was given again"


async def test_last_commits_of_others_are_forgotten(
    postgres: PostgresServer, address: PostgresAddress
) -> None:
    """A session that closes deletes its own, and those of sessions that ended long ago without closing."""
    store, other = Store.open(address), Store.open(address)
    await store.open_case(CASE)
    await other.bind_thread(CASE.id, "C1", "1.1")
    postgres.command("INSERT INTO last_commits VALUES (1, 7, now() - interval '25 hours')", address.url)
    await store.close()
    assert len(postgres.command("SELECT * FROM last_commits", address.url)) == 1
    await other.close()
    assert postgres.command("SELECT * FROM last_commits", address.url) == []


async def test_every_answer_is_right_while_connections_end(
    postgres: PostgresServer, address: PostgresAddress, store: Store
) -> None:
    """Of two who store the same request one is the first, also while the server keeps ending connections."""
    ending, firsts = threading.Event(), 0

    def end_connections() -> int:
        ended, before, pause = 0, 0, 0.02
        while not ending.wait(pause):
            ended += postgres.disconnect(address.url)
            # On a busy machine, a connection that is made again needs longer, and must not end before it was of use.
            pause, before = 0.02 if firsts > before else pause * 1.5, firsts
        return ended

    other = Store.open(address)
    breaking = asyncio.create_task(asyncio.to_thread(end_connections))
    try:
        for start in range(0, 100, 10):
            answers = await asyncio.gather(
                *(
                    each.take_in(asked(f"E{start + number}"))
                    for number in range(10)
                    for each in (store, other)
                )
            )
            firsts += sum(answers)
    finally:
        ending.set()
    assert await breaking > 4
    assert firsts == 100
    assert len(await store.taken_in()) == 100
    await other.close()


async def test_server_that_stops(
    postgres: PostgresServer, address: PostgresAddress, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the server is down, each job fails with a sentence; a short restart is waited for."""
    monkeypatch.setattr(postgresql_sessions, "PATIENCE", 0.2)
    postgres.stop("fast")
    try:
        with pytest.raises(StoreError, match=f"the database {address} cannot be used: "):
            await store.open_case(CASE)
        begun = time.monotonic()
        with pytest.raises(StoreError):
            await store.open_case(CASE)
        assert time.monotonic() - begun < 0.2  # who comes later does not wait again
        monkeypatch.setattr(postgresql_sessions, "PATIENCE", 30.0)
        waiting = asyncio.create_task(store.open_case(CASE))
        await asyncio.sleep(0)
    finally:
        await asyncio.to_thread(postgres.start)
    assert await waiting == CASE
    assert await store.case(CASE.id) == CASE


async def test_server_that_became_a_standby(
    postgres: PostgresServer, address: PostgresAddress, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that accepts no writes is tried again for a while only; reading goes on."""
    monkeypatch.setattr(postgresql_sessions, "PATIENCE", 0.2)
    await store.open_case(CASE)
    name = address.url.split("/")[3].partition("?")[0]
    postgres.command(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    postgres.disconnect(address.url)
    async with asyncio.timeout(20):
        with pytest.raises(StoreError, match="cannot execute UPDATE in a read-only transaction"):
            await store.bind_thread(CASE.id, "C1", "1.1")
    assert await store.case(CASE.id) == CASE
    postgres.command(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await store.bind_thread(CASE.id, "C1", "1.1")
    assert (await store.case(CASE.id) or CASE).thread_ts == "1.1"


async def test_deadlock_of_two_processes(address: PostgresAddress, store: Store) -> None:
    """Of two processes that wait for each other's rows, one begins again, and both succeed."""
    other = Store.open(address)
    names = ("a", "b")
    for name in names:
        await store.enrolment.invite(RegisteredRelay(name, None), 1.0)
    together = threading.Barrier(2)

    def changing(first: str, second: str) -> Callable[[Database], int]:
        tries: list[int] = []

        def work(db: Database) -> int:
            tries.append(1)
            db.execute("UPDATE relays SET seen = coalesce(seen, 0) + 1 WHERE name = ?", (first,))
            if len(tries) == 1:
                together.wait(10)
            db.execute("UPDATE relays SET seen = coalesce(seen, 0) + 1 WHERE name = ?", (second,))
            return len(tries)

        return work

    tries = await asyncio.gather(store._writer.run(changing("a", "b")), other._writer.run(changing("b", "a")))
    assert max(tries) > 1
    assert [relay.seen for relay in await store.enrolment.all()] == [2.0, 2.0]
    await other.close()


async def test_revocation_is_noticed(address: PostgresAddress) -> None:
    """The version changes once another process has changed something; reading changes nothing."""
    hub, command = RelayRegistry.open(address), RelayRegistry.open(address)
    await hub.invite(RegisteredRelay("a", None), 1.0)
    before = await hub.version()
    assert await hub.version() == before
    await command.revoke("a", 2.0)
    after = await hub.version()
    assert after != before
    assert await hub.version() == after
    await hub.close()
    await command.close()


async def test_only_one_process_sweeps(
    postgres: PostgresServer, address: PostgresAddress, store: Store
) -> None:
    """Where another process sweeps, nothing is deleted; once it has ended, everything old is."""
    await store.open_case(CASE)
    other = PostgresDatabase(address)
    other.execute("BEGIN")
    assert other.lock("sweep")
    assert await store.sweep(1e12) == SweptRows()
    other.execute("ROLLBACK")
    other.close()
    assert (await store.sweep(1e12)).cases == 1


async def test_errors_repeat_no_values(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """The server's error names the rule that was broken, and not the row that broke it."""
    await store.open_case(CASE)
    with pytest.raises(StoreError, match="duplicate key value violates unique constraint") as failed:
        await store.open_case(CASE)
    assert CASE.id + ")" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_password_stays_secret(postgres: PostgresServer) -> None:
    """A refused password is named as such, and is not in the sentence."""
    postgres.command("DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'right'")
    address = server_address(f"postgresql://locked:hunter2@/postgres?host={postgres.folder}")
    with pytest.raises(UsageError, match="password authentication failed") as refused:
        Store.open(address)
    assert str(refused.value).startswith("The database postgresql://locked@/postgres cannot be used: ")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_unreachable_server() -> None:
    """Where no server is, one sentence says so."""
    with pytest.raises(UsageError, match=r"The database postgresql://u@/x cannot be used: "):
        Store.open(server_address("postgresql://u:hunter2@/x?host=/nonexistent"))


async def test_characters_that_the_server_does_not_store(store: Store) -> None:
    """NUL, which a text of PostgreSQL cannot have, is replaced."""
    await store.save_feedback("r", "dns", "right", "U1", "a\0b")
    assert [row["words"] for row in await store._all("SELECT words FROM feedback")] == ["a\ufffdb"]


def test_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional package, the sentence says how to install it."""
    for name in [name for name in sys.modules if name.startswith("bot.storage.postgresql")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'psycopg\[binary\]'"):
        Store.open(server_address("postgresql://u@/x"))
