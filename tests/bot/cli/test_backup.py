"""Copies of a database in use are whole, private, and can be put back; nothing that exists is lost."""

import errno
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from bot.cli.main import main
from bot.storage import backup
from bot.storage.connect import open_database
from probes.protocol.keys import make_identity


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database and a signing key."""
    monkeypatch.setenv("LINEMAN_DATABASE", str(tmp_path / "lineman.db"))
    monkeypatch.delenv("LINEMAN_SIGNING_KEY", raising=False)
    with closing(open_database(tmp_path / "lineman.db").conn) as db:
        db.execute("CREATE TABLE notes (number INTEGER)")
        db.execute("INSERT INTO notes VALUES (1)")
        db.commit()
    make_identity(tmp_path / "lineman-signing.key")
    return tmp_path


def notes(database: Path) -> list[int]:
    with closing(sqlite3.connect(database)) as db:
        return [number for (number,) in db.execute("SELECT number FROM notes ORDER BY number")]


def test_there_and_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A backup holds what was there; a restore brings it back, and keeps what was there in between."""
    copy = home / "copy.db"
    assert main(["backup", str(copy)]) == 0
    assert [oct(path.stat().st_mode & 0o777) for path in (copy, home / "copy.db.key")] == ["0o600", "0o600"]
    assert sorted(path.name for path in home.glob("copy*")) == ["copy.db", "copy.db.key"]
    with closing(sqlite3.connect(home / "lineman.db")) as db:
        db.execute("INSERT INTO notes VALUES (2)")
        db.commit()
    assert main(["restore", str(copy)]) == 0
    assert notes(home / "lineman.db") == [1]
    (former,) = home.glob("lineman.db.2*")
    assert notes(former) == [1, 2]
    assert (home / "lineman.db").stat().st_mode & 0o777 == 0o600
    output = capsys.readouterr().out
    assert f"The previous database is now {former}." in output
    assert "is the same" in output


def test_copy_while_somebody_writes(home: Path) -> None:
    """A backup during transactions holds the first of them without a gap, and does not stop the writer."""
    stop, written = threading.Event(), 1

    def write() -> None:
        nonlocal written
        with closing(open_database(home / "lineman.db").conn) as db:
            while not stop.is_set():
                db.execute("INSERT INTO notes VALUES (?)", (written + 1,))
                db.commit()
                written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while written < 20:
            pass
        assert main(["backup", str(home / "copy.db")]) == 0
    finally:
        stop.set()
        writer.join()
    copied = notes(home / "copy.db")
    assert copied == list(range(1, len(copied) + 1))
    assert 20 <= len(copied) <= written


def test_restore_while_in_use(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database that a process has open is not replaced."""
    assert main(["backup", str(home / "copy.db")]) == 0
    with closing(open_database(home / "lineman.db").conn) as db:
        db.execute("SELECT * FROM notes").fetchall()
        assert main(["restore", str(home / "copy.db")]) == 2
        db.execute("INSERT INTO notes VALUES (2)")
        db.commit()
    assert "is in use. Stop `lineman serve` and `lineman hub`" in capsys.readouterr().err
    assert notes(home / "lineman.db") == [1, 2]
    assert not list(home.glob("*.part*"))


def test_what_cannot_be_restored(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each wrong file gets its own sentence, and the database stays."""
    (home / "words").write_text("not a database, but long enough to look like a file of some kind" * 20)
    with closing(sqlite3.connect(home / "other.db")) as db:
        db.execute("CREATE TABLE songs (title TEXT)")
    assert main(["backup", str(home / "newer.db")]) == 0
    with closing(sqlite3.connect(home / "newer.db")) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('lineman', 'm999_x', '')"
        )
        db.commit()
    damaged = bytearray((home / "newer.db").read_bytes())
    damaged[4096:12288] = b"x" * 8192
    (home / "damaged.db").write_bytes(damaged)
    for name, words in {
        "nothing": "There is no file",
        "words": "is not an undamaged database",
        "other.db": "is not a database of Lineman",
        "newer.db": "created by a newer version",
        "damaged.db": "damaged",
    }.items():
        assert main(["restore", str(home / name)]) == 2
        assert words in capsys.readouterr().err
    assert notes(home / "lineman.db") == [1]
    (home / "lineman.db").write_bytes(damaged)
    assert main(["backup", str(home / "copy.db")]) == 2
    assert capsys.readouterr().err.startswith(f"lineman: {home / 'lineman.db'} is ")
    assert not list(home.glob("*.part*"))


def test_journal_of_a_deleted_database(home: Path) -> None:
    """What a killed process left beside a database, which somebody deleted, does not get into the restored one."""
    assert main(["backup", str(home / "copy.db")]) == 0
    left = {}
    with closing(open_database(home / "lineman.db").conn) as db:
        db.execute("INSERT INTO notes VALUES (2)")
        db.commit()
        left = {name: (home / name).read_bytes() for name in ("lineman.db-wal", "lineman.db-shm")}
    (home / "lineman.db").unlink()
    for name, content in left.items():
        (home / name).write_bytes(content)
    assert main(["restore", str(home / "copy.db")]) == 0
    assert notes(home / "lineman.db") == [1]
    (journal,) = home.glob("lineman.db.2*-wal")
    assert journal.read_bytes() == left["lineman.db-wal"]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["hardlink_to", "replace"])
@pytest.mark.parametrize("is_done", [False, True])
def test_killed_in_a_restore(home: Path, step: str, is_done: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after each step, there is a whole database, the former one or the restored one."""
    assert main(["backup", str(home / "copy.db")]) == 0
    with closing(sqlite3.connect(home / "lineman.db")) as db:
        db.execute("INSERT INTO notes VALUES (2)")
        db.commit()
    real = getattr(Path, step)

    def killed(path: Path, other: Path) -> None:
        if is_done:
            real(path, other)
        raise Killed

    monkeypatch.setattr(Path, step, killed)
    monkeypatch.setattr("bot.storage.backup._remove", lambda part: None)  # a killed process removes nothing
    with pytest.raises(Killed):
        main(["restore", str(home / "copy.db")])
    monkeypatch.undo()
    assert notes(home / "lineman.db") == ([1] if (step, is_done) == ("replace", True) else [1, 2])


def test_killed_in_a_backup(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no file under the name of the copy until it is whole, and the next attempt succeeds."""
    (home / "copy.db.part").write_text("of a process that was killed")
    monkeypatch.setattr("bot.storage.backup._link", Mock(side_effect=Killed))
    with pytest.raises(Killed):
        main(["backup", str(home / "copy.db")])
    assert not (home / "copy.db").exists()
    monkeypatch.undo()
    monkeypatch.setenv("LINEMAN_DATABASE", str(home / "lineman.db"))
    assert main(["backup", str(home / "copy.db")]) == 0
    assert notes(home / "copy.db") == [1]


def test_disk_without_links(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both work there, too, and replace no file."""
    monkeypatch.setattr(
        Path, "hardlink_to", Mock(side_effect=OSError(errno.EPERM, "Operation not permitted"))
    )
    assert main(["backup", str(home / "copy.db")]) == 0
    assert main(["backup", str(home / "copy.db")]) == 2
    assert main(["restore", str(home / "copy.db")]) == 0
    assert [notes(path) for path in sorted(home.glob("lineman.db*"))] == [[1], [1]]
    with pytest.raises(FileExistsError):
        backup._link(home / "copy.db", home / "lineman.db")


def test_disk_that_can_only_be_read(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A restore there is refused in words."""
    assert main(["backup", str(home / "copy.db")]) == 0
    monkeypatch.setattr(Path, "unlink", Mock(side_effect=OSError(errno.EROFS, "Read-only file system")))
    assert main(["restore", str(home / "copy.db")]) == 2
    assert capsys.readouterr().err.endswith("lineman.db.part: it can only be read.\n")


def test_full_disk_leaves_no_half_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that cannot be written is not there, neither where it is copied nor where it is made."""
    monkeypatch.setattr(os, "fsync", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    assert main(["backup", str(home / "copy.db")]) == 2
    with pytest.raises(OSError, match="No space"):
        make_identity(home / "key")
    assert list(home.glob("*key*")) == [home / "lineman-signing.key"]


def test_nothing_is_overwritten(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second backup to the same name, or over a key, is refused; without a database nothing is made."""
    assert main(["backup", str(home / "copy.db")]) == 0
    before = (home / "copy.db").read_bytes()
    assert main(["backup", str(home / "copy.db")]) == 2
    assert (home / "copy.db").read_bytes() == before
    (home / "copy.db.key").unlink()
    assert main(["backup", str(home / "copy.db")]) == 2
    assert "exists. Choose another name" in capsys.readouterr().err
    assert not (home / "copy.db.key").exists()


def test_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A backup of nothing makes no file, and no database."""
    monkeypatch.setenv("LINEMAN_DATABASE", str(tmp_path / "lineman.db"))
    assert main(["backup", str(tmp_path / "copy.db")]) == 2
    assert "There is no database at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("present", ["none", "another"])
def test_signing_key(home: Path, present: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing key is restored; another one stays, and the output says what that means."""
    key = home / "lineman-signing.key"
    saved = key.read_bytes()
    assert main(["backup", str(home / "copy.db")]) == 0
    key.unlink()
    if present == "another":
        make_identity(key)
    now = key.read_bytes() if key.exists() else saved
    assert main(["restore", str(home / "copy.db")]) == 0
    assert key.read_bytes() == now
    assert ("is a different one and stays" if present == "another" else "Restored the signing key") in (
        capsys.readouterr().out
    )
