"""`python -m tests.hub.bench_hubs [--one COUNT] [--two COUNT] [--database NAME]`: what many relays cost their hubs.

Connects them to one hub, and to two hubs with NATS, behind nginx with TLS; on SQLite, and on PostgreSQL. Prints the
time until all are connected, the CPU time of each part per connection, the memory of each relay, and the round trip
of one plan to each relay in turn.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.remote_hub import RemoteHub
from bot.relays.remote import RemoteRelay
from probes.protocol.keys import Identity, make_identity
from tests import postgresql
from tests.certificates import make_server
from tests.hub.hub_process import NAMES, HubProcess
from tests.hub.load_test import SMALL, process, set_off
from tests.hub.nats_server import NatsServer, nats_server
from tests.hub.nginx_front import nginx_front
from tests.hub.process_cost import cpu, family, resident
from tests.hub.several_hubs import NatsHubs, nats_settings

FLOCKS = 2  # processes with relays of one hub
# The goals: s until all are connected, ms of a plan at p99, kB a relay in the hubs, kB a relay with nginx and NATS.
STORM, OVERHEAD, OURS, ALL = 30.0, 100.0, 20.0, 60.0
PATIENCE = 400.0  # seconds
HEAD = """\
                              connect  CPU ms of each connection        kB of each relay    round trip ms      CPU ms
database     hubs  relays           s  hubs nginx NATS database relays  hubs nginx NATS     p50    p99    max  a plan"""


@dataclass(frozen=True)
class Setup:
    """What one row measures."""

    kind: str
    database: str
    hubs: int
    relays: int
    server_pid: int | None  # of PostgreSQL

    def shares(self) -> list[tuple[int, int, int]]:
        """Distribute the relays: the number of the hub, and first and last of each process."""
        parts = self.hubs * FLOCKS
        cuts = [self.relays * part // parts for part in range(parts + 1)]
        return [(part // FLOCKS, cuts[part], cuts[part + 1]) for part in range(parts)]


@dataclass
class Site:
    """The running hubs of one row, their nginx, and NATS if there are several."""

    hubs: list[HubProcess]
    fronts: list[tuple[str, list[int]]]  # address and processes
    nats: NatsServer | None
    database: int | None  # the process of PostgreSQL
    relays: list[int] = field(default_factory=list)  # the processes with them

    def groups(self) -> tuple[list[int], list[int], list[int]]:
        """Return the processes of hubs, nginx, and NATS."""
        nats = [self.nats.process.pid] if self.nats and self.nats.process else []
        return [hub.process.pid for hub in self.hubs], [pid for _, pids in self.fronts for pid in pids], nats

    def memory(self) -> list[float]:
        """Return the kB of hubs, nginx, and NATS."""
        return [resident(group) for group in self.groups()]

    def cpu(self) -> list[float]:
        """Return the CPU seconds of hubs, nginx, NATS, the database's server, and the relays."""
        database = family(self.database) if self.database else []
        return [cpu(group) for group in (*self.groups(), database, self.relays)]


async def measure(setup: Setup, folder: Path, tls: Path) -> bool:
    """Print one row; return whether the goals are met."""
    signer, count = make_identity(folder / "signing.key"), setup.relays
    os.environ["LINEMAN_DATABASE"] = setup.database
    async with process("tests.hub.many_relays", "enrol", folder, count, signer.key) as enrolling:
        assert await enrolling.wait() == 0
    async with AsyncExitStack() as stack:
        site = _open(setup, folder, tls, stack)
        empty = site.memory()
        flocks = []
        for hub, first, last in setup.shares():
            words = (f"wss://{site.fronts[hub][0]}/relay", folder, first, last, tls)
            flocks.append(await stack.enter_async_context(process("tests.hub.many_relays", *words)))
        site.relays = [flock.pid for flock in flocks]
        begun, idle = await set_off(flocks), site.cpu()
        await _until_connected(site.hubs, flocks, count, begun + PATIENCE)
        storm, connected = time.perf_counter() - begun, site.cpu()
        await asyncio.sleep(2.0)
        each, before = _shares(empty, site.memory(), count), site.cpu()
        taken = await plans(_requester(site), signer, count)
        plan = _shares(before, site.cpu(), count)[0] * 1000
    late, used = statistics.quantiles(taken, n=100)[98], [ms * 1000 for ms in _shares(idle, connected, count)]
    print(
        f"{setup.kind:12} {setup.hubs:4} {count:7} {storm:11.1f} {_columns(used, 5, 5, 4, 8, 6)} "
        f"{_columns(each, 5, 5, 4)} {statistics.median(taken):7.1f} {late:6.1f} {max(taken):6.0f} {plan:7.1f}",
        flush=True,
    )
    return storm <= STORM and late <= OVERHEAD and each[0] <= OURS and sum(each) <= ALL


def _open(setup: Setup, folder: Path, tls: Path, stack: AsyncExitStack) -> Site:
    nats = stack.enter_context(nats_server()) if setup.hubs > 1 else None
    hubs = [
        stack.enter_context(HubProcess(folder, name, setup.database, nats, has_port=False))
        for name in NAMES[: setup.hubs]
    ]
    fronts = [stack.enter_context(nginx_front(folder, tls, f"unix:{hub.address()}")) for hub in hubs]
    return Site(hubs, fronts, nats, setup.server_pid)


def _shares(before: Sequence[float], after: Sequence[float], count: int) -> list[float]:
    return [(now - start) / count for start, now in zip(before, after, strict=True)]


def _columns(values: Sequence[float], *widths: int) -> str:
    return " ".join(f"{value:{width}.1f}" for value, width in zip(values, widths, strict=True))


async def _until_connected(
    hubs: list[HubProcess], flocks: Sequence[Process], count: int, until: float
) -> None:
    while sum(there := [await _connected(hub) for hub in hubs]) < count:
        assert time.perf_counter() < until, (there, [hub.log()[-2000:] for hub in hubs])
        assert all(flock.returncode is None for flock in flocks), "relays could not connect"
        await asyncio.sleep(0.2)


async def _connected(hub: HubProcess) -> int:
    """Count the relays of a hub; one that is too busy to answer has none."""
    with suppress(OSError):  # TimeoutError, too
        return (await ControlSocket(hub.socket).hub()).connected
    return 0


def _requester(site: Site) -> RemoteHub:
    return NatsHubs(nats_settings(site.nats, "bot-a")) if site.nats else ControlSocket(site.hubs[0].socket)


async def plans(hub: RemoteHub, signer: Identity, count: int) -> list[float]:
    """Send one plan to each relay in turn; return the milliseconds from the plan to its verified report."""
    taken = []
    async with AsyncExitStack() as stack:
        if isinstance(hub, NatsHubs):
            await stack.enter_async_context(hub.used())
        for number in range(count):
            begun = time.perf_counter()
            async with RemoteRelay(f"relay-{number}", hub, signer).run(SMALL) as coming:
                assert [item.failure async for item in coming] == [None], number
            taken.append((time.perf_counter() - begun) * 1000)
    return taken


def main(words: Sequence[str]) -> int:
    """Measure each setup; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.hub.bench_hubs")
    parser.add_argument("--one", type=int, default=2_000, help="relays on one hub; 0 leaves it out")
    parser.add_argument("--two", type=int, default=10_000, help="relays on two hubs; 0 leaves it out")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only on this one")
    options = parser.parse_args(words)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"{os.cpu_count()} cores, load {_load()} before\n{HEAD}", flush=True)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lineman_hubs_")))
        tls = make_certificate(home)
        met = []
        for setup in _setups(options, home, stack):
            folder = home / f"{setup.kind}-{setup.hubs}"
            folder.mkdir(exist_ok=True)
            met.append(asyncio.run(measure(setup, folder, tls)))
    goals = f"{STORM:g} s, {OVERHEAD:g} ms at p99, {OURS:g} and {ALL:g} kB"
    print(f"load {_load()} after; goals: {goals}: {'met' if all(met) else 'missed'}")
    return 0 if all(met) else 1


def _setups(options: argparse.Namespace, home: Path, stack: ExitStack) -> list[Setup]:
    server, pid = None, None
    if options.database != "sqlite":
        server = stack.enter_context(postgresql.server())
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
    setups = []
    for hubs, count in ((1, options.one), (2, options.two)):
        if count and options.database != "postgresql":
            setups.append(Setup("SQLite", str(home / f"lineman-{hubs}.db"), hubs, count, None))
        if count and server:
            setups.append(Setup("PostgreSQL", server.database(), hubs, count, pid))
    return setups


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def make_certificate(folder: Path) -> Path:
    """Make the certificate of 127.0.0.1, with its key."""
    made, path = make_server(None, "127.0.0.1"), folder / "hub.pem"
    key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + made.pem.encode())
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
