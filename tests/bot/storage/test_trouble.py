"""A database that is locked, full, read-only, deleted, replaced, or damaged: the right words, and nothing is lost."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.storage import connect
from bot.storage.database import Database, StoreError
from bot.storage.db_writer import Writer
from bot.storage.store import Store
from bot.storage.trouble import cannot_be_used, sentences_of


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with one relay, which the commands use."""
    monkeypatch.setattr(connect, "BUSY", 20)
    monkeypatch.setenv("LINEMAN_HOME", str(tmp_path))
    for name in ("DATABASE", "SIGNING_KEY", "HUB_SOCKET"):
        monkeypatch.delenv(f"LINEMAN_{name}", raising=False)
    assert main(["relays", "invite", "acme-hq", "--url", "wss://hub.example/relay"]) == 0
    return tmp_path / "lineman.db"


def case(name: str) -> CaseRow:
    return CaseRow(name, "T1", "C1", "U1", Request("31009"), thread_ts=name, created=1.0)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process is in the middle of a transaction."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def deleted(path: Path) -> Iterator[None]:
    """The file is gone; afterwards it is back."""
    aside = path.rename(path.with_name("aside"))
    yield
    aside.rename(path)


@contextmanager
def replaced(path: Path) -> Iterator[None]:
    """Another file is at its place, as after a restore by hand."""
    with deleted(path):
        shutil.copy(path.with_name("aside"), path)
        yield


RUNNING = {
    "locked": (locked, "another process keeps it locked", "Try again soon."),
    "deleted": (deleted, "its file was deleted or replaced", "Start Lineman again."),
    "replaced": (replaced, "its file was deleted or replaced", "Start Lineman again."),
}
# What the connection is told, so that it fails as on such a disk.
PRAGMAS = {
    "full": ("max_page_count=1", "its disk is full", "Free some space."),
    "read-only": ("query_only=ON", "it can only be read", "Make the file and its folder writable."),
}


async def check(store: Store, words: str, step: str) -> None:
    with pytest.raises(StoreError) as caught:
        await store.open_case(case("refused"))
    assert str(caught.value) == f"the database failed: {words}"
    assert sentences_of(caught.value) == f"The database failed: {words}. {step}"


async def check_nothing_lost(store: Store, path: Path) -> None:
    """What was acknowledged is in the file, before and after the trouble; what was refused is not."""
    await store.open_case(case("after"))
    await store.close()
    again = Store.open(path)
    found = [await again.case(name) is not None for name in ("before", "refused", "after")]
    await again.close()
    assert found == [True, False, True]


@pytest.mark.parametrize("name", RUNNING)
async def test_while_it_is_used(path: Path, name: str) -> None:
    """Nothing is acknowledged that is not in the file; the words say what to do; afterwards it goes on."""
    cause, words, step = RUNNING[name]
    store = Store.open(path)
    await store.open_case(case("before"))
    with cause(path):
        await check(store, words, step)
        if name != "locked":  # who reads an old file would miss a revocation
            with pytest.raises(StoreError, match=words):
                await store.case("before")
    await check_nothing_lost(store, path)


@pytest.mark.parametrize("name", PRAGMAS)
async def test_disk_while_it_is_used(path: Path, name: str) -> None:
    """The same on a disk that is full or can only be read."""
    pragma, words, step = PRAGMAS[name]
    writer = Writer(path)
    store = Store(writer)
    await store.open_case(case("before"))
    await writer.run(partial(set_pragma, pragma))
    acknowledged: list[str] = []
    with pytest.raises(StoreError) as caught:
        await fill(store, acknowledged)
    assert sentences_of(caught.value) == f"The database failed: {words}. {step}"
    assert await store.case(f"filler {len(acknowledged)}") is None
    await store.close()
    again = Store.open(path)
    assert all([await again.case(name) for name in ("before", *acknowledged)])
    await check_nothing_lost(again, path)


async def fill(store: Store, acknowledged: list[str]) -> None:
    """Store cases until that fails: there is some room in the last pages."""
    for number in range(500):
        await store.open_case(case(f"filler {number}"))
        acknowledged.append(f"filler {number}")


def set_pragma(pragma: str, db: Database) -> None:
    db.execute(f"PRAGMA {pragma}")


def test_commands_under_a_lock(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who only reads does not wait for a lock; who writes is told."""
    capsys.readouterr()
    with locked(path):
        assert main(["relays"]) == 0
        assert main(["relays", "show", "acme-hq"]) == 0
        assert main(["relays", "revoke", "acme-hq"]) == 2
        assert main(["history"]) == 2
    out, err = capsys.readouterr()
    assert out.count("acme-hq: invited") == 2
    assert err.splitlines() == [
        "lineman: The database failed: another process keeps it locked. Try again soon.",
        "lineman: No finished run is stored yet. Start one, such as: lineman diagnose 31009",
    ]


@pytest.mark.parametrize(
    "content", [b"a letter, and no database" * 99, None], ids=["no database", "damaged pages"]
)
def test_commands_on_a_damaged_file(
    path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command says what helps, and none makes it worse."""
    damaged = content or path.read_bytes()[:4096] + b"\xa5" * (path.stat().st_size - 4096)
    path.write_bytes(damaged)
    capsys.readouterr()
    for words in ("relays", "relays show acme-hq", "relays revoke acme-hq", "relays rename a b", "history"):
        assert main(words.split()) == 2
        reason = "it is damaged. Put a backup in its place: lineman restore FILE."
        assert capsys.readouterr().err == f"lineman: The database {path} cannot be used: {reason}\n"
    assert path.read_bytes() == damaged


def test_words_of_the_system() -> None:
    """A disk that is full or read-only is called so, whoever notices it first."""
    path = Path("lineman.db")
    assert cannot_be_used(path, OSError(28, "No space left on device")).endswith(
        "its disk is full. Free some space."
    )
    assert "it can only be read. Make" in cannot_be_used(path, OSError(30, "Read-only file system"))
    assert cannot_be_used(path, sqlite3.OperationalError("x")) == "The database lineman.db cannot be used: x."
