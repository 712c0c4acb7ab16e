"""A NATS server with JetStream for the tests: Debian's, on loopback, with the configuration of packaging/nats."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from tests.machine import LOOPBACK, Machine

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "packaging" / "nats" / "nats-server.conf"
PASSWORD: Final = "p@ss,word"


class NatsServer:
    """One server, its folder, and its configuration."""

    def __init__(self, folder: Path, program: str, config: str, machine: Machine = LOOPBACK) -> None:
        self._folder, self._program, self._machine = folder, program, machine
        self.port = machine.inside(lambda: free_port(machine.host))
        self.write(config)
        self.process: subprocess.Popen[bytes] | None = None

    def write(self, config: str) -> None:
        text = re.sub(r"(?m)^port: 4222$", f"listen: {self._machine.host}:{self.port}", config)
        text = re.sub(r'"\$[A-Z_]+"', f'"{PASSWORD}"', text).replace(
            "/var/lib/nats", str(self._folder / "js")
        )
        (self._folder / "nats.conf").write_text(text)

    def url(self, user: str = "", scheme: str = "nats", password: str = "p%40ss%2Cword") -> str:
        return f"{scheme}://{f'{user}:{password}@' if user else ''}{self._machine.host}:{self.port}"

    def start(self) -> None:
        with (self._folder / "nats.log").open("ab") as log:
            words = [self._program, "-c", str(self._folder / "nats.conf")]
            self.process = subprocess.Popen(self._machine.command(words), stdout=log, stderr=log)
        until = time.monotonic() + 10
        while True:
            with suppress(OSError):
                self._machine.inside(self._connect)
                return
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGKILL) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.wait(10)
            self.process = None

    def log(self) -> str:
        return (self._folder / "nats.log").read_text(errors="replace")

    def _connect(self) -> None:
        socket.create_connection((self._machine.host, self.port)).close()


def free_port(host: str) -> int:
    """Return a port of *host* where nothing listens now."""
    with socket.create_server((host, 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def nats_server(config: str | None = None, machine: Machine = LOOPBACK) -> Iterator[NatsServer]:
    """Start a server for the block."""
    with tempfile.TemporaryDirectory(prefix="lineman-nats-") as folder:
        text = EXAMPLE.read_text() if config is None else config
        server = NatsServer(Path(folder), need_nats(), text, machine)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def need_nats() -> str:
    """Return the path of the server. Without it, or the client, skip: a module calls this before it imports both."""
    program = shutil.which("nats-server", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if not program:
        _missing("nats-server is not installed (Debian's package nats-server).")
    if not find_spec("nats"):
        _missing("The Python package nats-py is not installed.")
    return str(program)


def _missing(reason: str) -> None:
    if os.environ.get("LINEMAN_LAB") == "require":
        pytest.fail(f"{reason} LINEMAN_LAB=require asks for it.", pytrace=False)
    pytest.skip(reason, allow_module_level=True)
