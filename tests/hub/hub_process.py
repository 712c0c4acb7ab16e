"""`lineman hub` in a process of its own, without limits of plans; it may be killed and started again."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.hub.load_test import MANY, ROOT
from tests.hub.nats_server import NatsServer
from tests.machine import LOOPBACK, Machine

NAMES = ("hub-a", "hub-b")


class HubProcess:
    """A hub on a port of its machine, or on a Unix socket for nginx; with NATS if there is a server."""

    def __init__(
        self,
        folder: Path,
        name: str,
        database: str,
        server: NatsServer | None = None,
        *,
        has_port: bool = True,
        more: Sequence[str] = (),
        descriptors: int | None = None,
        machine: Machine = LOOPBACK,
    ) -> None:
        self._more, self._machine = more, machine
        self._wrap = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        self.socket, self._log = folder / f"{name}.sock", folder / f"{name}.log"
        self._listen = (
            ("--listen", f"{machine.host}:0")
            if has_port
            else ("--socket", str(folder / f"{name}-relays.sock"))
        )
        limits = ("RELAY_AN_HOUR", "PERSON_AT_ONCE", "PERSON_AN_HOUR")
        nats = {"LINEMAN_NATS": server.url(name), "LINEMAN_NATS_NAME": name} if server else {}
        self._environment = nats | {f"LINEMAN_HUB_{limit}": str(MANY) for limit in limits} | {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "LINEMAN_DATABASE": database,
            "LINEMAN_HUB_SOCKET": str(self.socket), "LINEMAN_HUB_URL": "wss://127.0.0.1/relay",
        }  # fmt: skip

    def __enter__(self) -> "HubProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        with self._log.open("wb") as log:
            words = [*self._wrap, sys.executable, "-m", "bot.cli", "hub", *self._listen, *self._more]
            argv = self._machine.command(words)
            self.process = subprocess.Popen(argv, env=self._environment, cwd=ROOT, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def address(self) -> str:
        """Return where it listens, once it does: host and port, or the path of the socket."""
        until = time.monotonic() + 30
        while not (found := re.search(r"Listening on (\S+), control socket", self.log())):
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)
        if self._listen[0] == "--listen":
            self._listen = ("--listen", found[1])  # the same port after a restart
        return found[1]

    def log(self) -> str:
        return self._log.read_text()
