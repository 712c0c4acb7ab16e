"""A hub, relays, and a diagnosis in separate processes, as operators start them; in the lab inside namespaces."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificates import make_authority, make_server

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # seconds
Wrap = Callable[[Sequence[str]], list[str]]

EVERYTHING = """\
version: 1
allow:
  - {names: ["*.example", "*.test", "*.*.test", "*.*.*.test", "*.*.*.*.test"], ranges: [RANGES], ports: [1-65535]}
proxies: [PROXIES]
"""


def as_it_is(argv: Sequence[str]) -> list[str]:
    return list(argv)


@dataclass
class Town:
    """The folder of all their files, and the running processes."""

    folder: Path
    url: str
    listen: str
    hub_wrap: Wrap = as_it_is
    ranges: str = '"127.0.0.0/8"'
    proxies: str = ""
    code: Path = ROOT  # the checkout whose packages new processes run
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        host = self.url.split("/")[2].partition(":")[0]
        server = make_server(make_authority("Hub Root"), host)
        key = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "hub.pem").write_bytes(key + server.pem.encode())

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.code),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LINEMAN_DATABASE": str(self.folder / "lineman.db"),
            "LINEMAN_HUB_URL": self.url,
        }

    def start_hub(self) -> subprocess.Popen[bytes]:
        before = self.log("hub").casefold().count("listening on")
        argv = ["hub", "--listen", self.listen, "--certificate", str(self.folder / "hub.pem")]
        hub = self._start("hub", self.hub_wrap([sys.executable, "-m", "bot.cli", *argv]), {})
        # Counted, not read from the last line: relays that reconnect at once add lines below it.
        self.until(lambda: self.log("hub").casefold().count("listening on") > before)
        return hub

    def lineman(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one command in the folder of the hub's database."""
        return subprocess.run(
            self.hub_wrap([sys.executable, "-m", "bot.cli", *words]),
            env=self.environment | more,
            cwd=self.code,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start_lineman(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.hub_wrap([sys.executable, "-m", "bot.cli", *words]),
            env=self.environment | more,
            cwd=self.code,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def invite(self, name: str, *more: str) -> str:
        """Return the invitation for a new relay, pinned to the hub's certificate."""
        done = self.lineman("relays", "invite", name, "--pin", str(self.folder / "hub.pem"), *more)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def join(self, name: str, wrap: Wrap = as_it_is, more: Sequence[str] = (), **environment: str) -> Path:
        """Make the relay's folder, join the hub, and return the folder."""
        home = self.folder / name
        home.mkdir()
        home.chmod(0o1777)  # in the lab, its user is another one
        (home / "policy.yaml").write_text(
            EVERYTHING.replace("RANGES", self.ranges).replace("PROXIES", self.proxies)
        )
        word = self.invite(name, *more)
        argv = wrap(
            [*_settings(environment), sys.executable, "-m", "probes", "join", word, "--home", str(home)]
        )
        done = subprocess.run(
            argv, env=self.environment, cwd=self.code, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return home

    def start_relay(self, name: str, wrap: Wrap = as_it_is, **environment: str) -> subprocess.Popen[bytes]:
        home = str(self.folder / name)
        argv = [*_settings(environment), sys.executable, "-m", "probes", "run", "--home", home]
        return self._start(name, wrap(argv), {})

    def connected(self) -> dict[str, dict[str, Any]]:
        """Return the relays that are connected now, by name."""
        done = self.lineman("relays", "list", "--json")
        assert done.returncode == 0, done.stderr
        relays = json.loads(done.stdout)["relays"]
        return {one["name"]: one for one in relays if one["state"] == "connected"}

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def until(self, holds: Callable[[], object]) -> float:
        """Wait until *holds* returns true; return the seconds that it took."""
        begun = time.monotonic()
        while not holds():
            if time.monotonic() > begun + PATIENCE:
                logs = "\n".join(
                    f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self.folder.glob("*.log")
                )
                raise AssertionError(f"not within {PATIENCE} s\n{logs}")
            time.sleep(0.05)
        return time.monotonic() - begun

    def stop(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> int:
        process.send_signal(number)
        code = process.wait(PATIENCE)
        self.running.remove(process)
        return code

    def _start(self, name: str, argv: list[str], more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                argv,
                env=self.environment | more,
                cwd=self.code,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process


def _settings(environment: Mapping[str, str]) -> list[str]:
    return ["env", *(f"{key}={value}" for key, value in environment.items())] if environment else []


@contextmanager
def town(folder: Path, **more: Any) -> Iterator[Town]:
    """Make a folder for processes; kill those that still run at the end."""
    if "url" not in more:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        more |= {"url": f"wss://127.0.0.1:{port}/relay", "listen": f"127.0.0.1:{port}"}
    made = Town(folder, **more)
    try:
        yield made
    finally:
        for process in made.running:
            process.kill()
            process.wait()
