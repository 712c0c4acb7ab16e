"""The lab itself: built once, put into one scenario after the other, removed whatever happens.

with Lab.start() as lab, lab.scenario("healthy") as situation:
    print(situation.run(["dig", "+short", "global.turn.lab.test"]).stdout)
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from tests.lab import addresses as at
from tests.lab import certificates, ipv6, leftovers, network, privileges, scenarios, servers
from tests.lab.namespaces import Namespaces
from tests.lab.scenarios import Scenario
from tests.lab.world import World, ruleset

RULED: Final = ("fw", "r1", "r2", "svc", "lan")  # namespaces that a scenario may give rules
FAKETIME: Final = "faketime/libfaketimeMT.so.1"  # the one for programs with threads, below /usr/lib/ARCH


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command on the relay did."""

    returncode: int
    stdout: str
    stderr: str
    seconds: float


class Grounds(Protocol):
    """Where a customer's side is: the lab itself, or a site that was added to it."""

    folder: Path
    namespaces: Namespaces


class Situation:
    """The lab while one scenario is in force."""

    def __init__(self, lab: Grounds, world: World, network_file: Path) -> None:
        self.lab = lab
        self.world = world
        self.network_file = network_file

    def command(self, argv: Sequence[str], user: str = "nobody") -> list[str]:
        """The whole command line that runs *argv* on the relay as *user*, without any capability."""
        words = privileges.words(user, self.lab.folder / "python")
        return self.lab.namespaces.command("relay", [*words, *self._environment(), *argv])

    def run(self, argv: Sequence[str], user: str = "nobody", timeout: float = 30.0, text: str = "") -> Ran:
        """Run a command on the relay; TimeoutExpired after *timeout* seconds; *text* is its input."""
        began = time.monotonic()
        done = subprocess.run(
            self.command(argv, user),
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            cwd=servers.REPOSITORY,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def _environment(self) -> list[str]:
        """`env` and what it sets: nothing of the caller's environment reaches the relay but PATH."""
        values = {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
        values |= {
            "XDG_CACHE_HOME": str(self.lab.folder / "cache")
        }  # the knowledge is read once, not every time
        values |= {"LINEMAN_VANTAGE": "user-network"}  # the relay is in the user's network
        values |= {"PYTHONDONTWRITEBYTECODE": "1", "TERM": os.environ.get("TERM", "dumb")}
        if self.world.trust_interceptor:
            values["SSL_CERT_FILE"] = str(self.lab.folder / "pki" / "interceptor.pem")
        if self.world.clock:
            library = next(Path("/usr/lib").glob(f"*/{FAKETIME}"))
            values |= {
                "LD_PRELOAD": str(library),
                "FAKETIME": self.world.clock,
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        values |= self.world.environment
        return ["env", "-i", *(f"{key}={value}" for key, value in values.items())]


class Lab:
    """Namespaces, servers and what is in force at the moment. Use `Lab.start()`."""

    def __init__(self, tag: str, folder: Path) -> None:
        self.folder = folder
        self.namespaces = Namespaces(tag)
        self.network_file = folder / "network.yaml"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        # Redirects count for new connections only. A connection left open from before lends its way to a new one from
        # the same port, so it is forgotten when rules change, unless a relay is connected to its hub.
        self.keeps_connections = False
        self._resolv = Path("/etc/netns", self.namespaces.name("relay"), "resolv.conf")
        self._rules: dict[str, str] = {}
        self._default_route = True
        self._ipv6_alone = False
        self._slow_line = False
        self._link_mtu = World().link_mtu
        self._uplink = ""

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["Lab"]:
        """Build the lab, hand it out, and remove it in any case; LabError if it cannot be built."""
        leftovers.clean()
        tag = leftovers.new_tag()
        folder = Path(tempfile.mkdtemp(prefix=f"lm_{tag}_"))
        leftovers.record(tag, folder)
        try:
            with _terminated_like_interrupted():
                lab = cls(tag, folder)
                try:
                    lab._build()
                    yield lab
                finally:
                    servers.stop(lab.processes.values())
        finally:
            leftovers.remove(tag, folder)

    @contextmanager
    def scenario(self, which: str | Scenario) -> Iterator[Situation]:
        """Put one scenario in force: by its name, or made on the spot."""
        chosen = scenarios.load(which) if isinstance(which, str) else which
        yield self.put(chosen.world())

    def with_faults(self, *faults: str | tuple[str, Mapping[str, Any]]) -> Situation:
        """The same for a few faults without a file."""
        pairs = tuple((fault, {}) if isinstance(fault, str) else fault for fault in faults)
        return self.put(Scenario("unnamed", "", faults=pairs).world())

    def put(self, world: World) -> Situation:
        """Put a complete state into effect; replaces everything from before, including caches."""
        self._load("lan", World())  # so that the near resolver can be asked whether it is back
        self._write("steer.json", world.steer)
        self._write("cut.json", world.cut_names)
        self._set_line(world)
        for name, place, address in (("near", "lan", at.NEAR), ("far", "svc", at.FAR)):
            self._forget(name, place, address)
        for zone in world.local_zones:
            self._control("near", f"local_zone {zone}")
        for place in RULED:
            self._load(place, world)
        search = f"search {world.search}\n" if world.search else ""
        self._resolv.write_text(f"nameserver {world.resolver}\n{search}")
        if world.ipv6_alone != self._ipv6_alone:
            ipv6.switch(self.namespaces, on=world.ipv6_alone)
            self._ipv6_alone = world.ipv6_alone
        if world.default_route != self._default_route:
            self.namespaces.batch(
                "relay", f"route {'add' if world.default_route else 'del'} default via {at.GATEWAY}"
            )
            self._default_route = world.default_route
        self._narrow(world.link_mtu)
        self._shape(world.uplink)
        path = self.network_file
        if world.network:
            path = self.folder / "network-changed.yaml"
            network.write(path, self.folder / "pki" / "lab.pem", world.network)
        return Situation(self, world, path)

    def _build(self) -> None:
        self.folder.chmod(0o755)  # the relay's user reads the network file and the certificates
        (self.folder / "pki").mkdir()
        (self.folder / "python").mkdir()
        privileges.make_cache(self.folder)
        certificates.make_all(self.folder / "pki")
        network.write(self.network_file, self.folder / "pki" / "lab.pem", {})
        self._write("steer.json", {})
        self._write("cut.json", [])
        self._write("line.json", {})
        self._resolv.parent.mkdir(parents=True)
        self._resolv.write_text(f"nameserver {at.NEAR}\n")
        self.namespaces.make()
        ipv6.make(self.namespaces)
        for place in RULED:
            self._load(place, World())
        wanted = servers.servers(self.folder)
        for server in wanted:
            self.processes[server.name] = servers.start(self.namespaces, server, self.folder)
        for server in wanted:
            servers.wait(self.namespaces, server, self.processes[server.name], self.folder)
        self._wait_for_delay()

    def _wait_for_delay(self) -> None:
        """Return when a connection from the relay to each edge opens: routes, bridge and delays are there."""
        for edge in at.EDGES:
            place = servers.Server("path", "relay", (), (("tcp", edge.javascript, 443),))
            servers.wait(self.namespaces, place, self.processes["delay"], self.folder)

    def _set_line(self, world: World) -> None:
        """Lead all that comes from the service through the delaying device, where a fault needs it."""
        self._write("line.json", world.line)
        if bool(world.line) != self._slow_line:
            verb = "add" if world.line else "del"
            self.namespaces.batch("r2", f"rule {verb} from all iif service lookup 100 pref 200")
            self._slow_line = bool(world.line)

    def _narrow(self, mtu: int) -> None:
        """Give the link between fw and r1 its MTU; what the ends learned about another one is forgotten."""
        if mtu == self._link_mtu == World().link_mtu:
            return
        for router in ("fw", "r1"):
            self.namespaces.batch(router, f"link set wan mtu {mtu}")
        for place in at.NAMESPACES:
            self.namespaces.batch(place, "route flush cache")
        self._link_mtu = mtu

    def _shape(self, uplink: str) -> None:
        """Give what the firewall sends to the service its speed and its buffer."""
        if uplink != self._uplink:
            words = f"replace dev wan root tbf {uplink}" if uplink else "del dev wan root"
            subprocess.run(self.namespaces.command("fw", ["tc", "qdisc", *words.split()]), check=True)
            self._uplink = uplink

    def _load(self, place: str, world: World) -> None:
        rules = ruleset(world, place)
        if self._rules.get(place) != rules:
            self.namespaces.load_rules(place, rules)
            self._rules[place] = rules
            if not self.keeps_connections:
                self.namespaces.forget_connections(place)

    def _write(self, name: str, value: Any) -> None:
        new = self.folder / f"{name}.new"
        new.write_text(json.dumps(value))
        new.replace(self.folder / name)

    def _forget(self, name: str, place: str, address: str) -> None:
        """Reload a resolver: it drops its caches, and the zones that the last scenario put in."""
        self._control(name, "reload")
        ready = servers.Server(name, place, (), (("dns", address, 53),))
        servers.wait(self.namespaces, ready, self.processes[name], self.folder)
        self._control(name, "flush_infra all")

    def _control(self, name: str, command: str) -> None:
        """Say one thing to unbound over its control socket; LabError if it objects."""
        answer = b""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(servers.PATIENCE)
            control.connect(str(self.folder / f"{name}.ctl"))
            control.sendall(f"UBCT1 {command}\n".encode())
            while chunk := control.recv(4096):
                answer += chunk
        if not answer.startswith(b"ok"):
            raise servers.LabError(f"unbound {name}: {command}: {answer.decode(errors='replace')}")


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM unwind the stack, so that a killed run removes its lab too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(_signal: int, _frame: object) -> None:
        raise SystemExit(143)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
