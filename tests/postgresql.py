"""A PostgreSQL server for the tests, started when a test asks for it: Debian's, on a socket of its own."""

import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from tests.machine import LOOPBACK, Machine

USER: Final = "lineman"
SETTINGS: Final = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "shared_buffers=16MB",
    "autovacuum=off", "max_wal_senders=0", "wal_level=minimal", "jit=off", "max_connections=200",
    "min_wal_size=32MB", "max_wal_size=64MB",
)  # fmt: skip


_ROOM: Final = 1_000_000_000  # bytes
_DISCONNECT: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid != pg_backend_pid()"
)


class PostgresServer:
    """One server, and a database of its own for each test."""

    def __init__(self, folder: Path, programs: Path, machine: Machine = LOOPBACK) -> None:
        self.folder, self.data, self._machine = folder, folder / "data", machine
        self._programs, self._numbers, self._has_template = programs, count(1), False
        self._names = set[str]()  # databases of this test
        self._owner = "postgres" if os.getuid() == 0 else None  # the server refuses root

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def processes(self) -> list[int]:
        """List the server's processes: one for each connection, and its own."""
        first = (self.data / "postmaster.pid").read_text("ascii").split()[0]
        return [
            int(first),
            *map(int, Path(f"/proc/{first}/task/{first}/children").read_text("ascii").split()),
        ]

    def create(self) -> None:
        """Make the files of the server."""
        if self._owner:
            shutil.chown(self.folder, self._owner)
        self._run(
            "initdb", "-D", str(self.data), "-U", USER, "--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C"
        )
        rules = "local all locked scram-sha-256\nlocal all all trust\nhost all all samenet trust\n"
        (self.data / "pg_hba.conf").write_text(rules)
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(
                f"{name} = '{value}'\n" for name, _, value in (item.partition("=") for item in SETTINGS)
            )
            file.write(f"unix_socket_directories = '{self.folder}'\n")
            if self._machine is not LOOPBACK:
                file.write(f"listen_addresses = '{self._machine.host}'\n")

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def over_network(self, url: str) -> str:
        """Return the address of the same database for other machines."""
        return url.replace(f"host={self.folder}", f"host={self._machine.host}")

    def empty(self) -> str:
        """Make an empty database; return its address."""
        name = f"test{next(self._numbers)}"
        self._names.add(name)
        self.command(f"CREATE DATABASE {name}")
        return self.url(name)

    def database(self) -> str:
        """Make a database that has the tables already; return its address."""
        return self._copied(f"test{next(self._numbers)}")

    def clean(self) -> None:
        """Delete the databases of the test that has ended: each takes 8 MB."""
        for name in sorted(self._names):
            self.command(f"DROP DATABASE {name} WITH (FORCE)")
        self._names = set()

    def at(self, path: Path) -> str:
        """Return the address of the database for this path, always the same; make it the first time."""
        name = f"path{zlib.crc32(str(path).encode())}"
        return self.url(name) if name in self._names else self._copied(name)

    def _copied(self, name: str) -> str:
        if not self._has_template:
            self._has_template = True
            self.command("CREATE DATABASE template")
            migrated(self.url("template"))
        self._names.add(name)
        self.command(f"CREATE DATABASE {name} TEMPLATE template")
        return self.url(name)

    def command(self, sql: str, url: str = "") -> list[tuple[Any, ...]]:
        """Run one statement as the owner of everything; return its rows."""
        import psycopg

        with psycopg.connect(url or self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def disconnect(self, url: str) -> int:
        """End all other connections to a database; return how many there were."""
        return len(self.command(_DISCONNECT, url))

    def _run(self, program: str, *words: str) -> None:
        as_owner = ["setpriv", "--reuid", self._owner, "--regid", self._owner, "--clear-groups"]
        command = self._machine.command(
            [*(as_owner if self._owner else ()), str(self._programs / program), *words]
        )
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def migrated(url: str) -> None:
    """Make the tables."""
    from bot.storage.address import PostgresAddress, parse_database
    from bot.storage.postgresql_sessions import PostgresWriteSession

    address = parse_database(url)
    assert isinstance(address, PostgresAddress)
    PostgresWriteSession(address).close()


@contextmanager
def server(machine: Machine = LOOPBACK) -> Iterator[PostgresServer]:
    """Start a server for the block; on another *machine*, it listens to its network, too."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        _missing("PostgreSQL is not installed (Debian's package postgresql).")
    try:
        import psycopg  # noqa: F401 - is it there, and has it libpq?
    except ImportError:
        _missing("The Python package psycopg, or the library libpq5, is not installed.")
    with tempfile.TemporaryDirectory(prefix="lineman-pg-", dir=_in_memory()) as folder:
        made = PostgresServer(Path(folder), programs[-1].parent, machine)
        made.create()
        made.start()
        try:
            yield made
        finally:
            made.stop()


def _in_memory() -> str | None:
    """Return a folder in memory that has room for a server, if there is one: disks of test machines can be slow."""
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > _ROOM else None


def _missing(reason: str) -> None:
    if os.environ.get("LINEMAN_LAB") == "require":
        pytest.fail(f"{reason} LINEMAN_LAB=require asks for it.", pytrace=False)
    pytest.skip(reason)
