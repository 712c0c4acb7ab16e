"""`python -m tests.hub.two_hubs [COUNT]`: many relays on two hubs with NATS, on SQLite and on PostgreSQL.

Prints the time until all are connected, the memory of each relay, and the round trip of one plan to each in turn.
"""

import asyncio
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.remote import RemoteRelay
from probes.protocol.keys import make_identity
from tests import postgresql
from tests.certificates import make_server
from tests.hub.load_test import MANY, ROOT, SMALL, process, resident, set_off
from tests.hub.nats_server import NatsServer, nats_server
from tests.hub.nginx_front import nginx_front
from tests.hub.several_hubs import NatsHubs, nats_settings

NAMES = ("hub-a", "hub-b")
FLOCKS = 2  # processes with relays of one hub
STORM, OVERHEAD, OURS, ALL = (
    30.0,
    100.0,
    20.0,
    60.0,
)  # the goals: s, ms at p99, kB a relay, kB a relay with nginx
PATIENCE = 400.0  # seconds
HEAD = "database     relays  connect s  hub kB  nginx kB  nats kB  hubs s  round trip ms p50    p99      max"


class HubProcess:
    """`lineman hub` on a port of loopback, without limits of plans; it may be killed and started again."""

    def __init__(self, folder: Path, server: NatsServer, name: str, database: str) -> None:
        self.socket, self._log, self._port = folder / f"{name}.sock", folder / f"{name}.log", 0
        limits = ("RELAY_AN_HOUR", "PERSON_AT_ONCE", "PERSON_AN_HOUR")
        self._environment = {f"LINEMAN_HUB_{limit}": str(MANY) for limit in limits} | {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "LINEMAN_DATABASE": database,
            "LINEMAN_HUB_SOCKET": str(self.socket), "LINEMAN_HUB_URL": "wss://127.0.0.1/relay",
            "LINEMAN_NATS": server.url(name), "LINEMAN_NATS_NAME": name, "LINEMAN_LOG": "WARNING",
        }  # fmt: skip

    def __enter__(self) -> "HubProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        with self._log.open("wb") as log:
            argv = [sys.executable, "-m", "bot.cli", "hub", "--listen", f"127.0.0.1:{self._port}"]
            self.process = subprocess.Popen(argv, env=self._environment, cwd=ROOT, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def address(self) -> str:
        """Return where it listens, once it does."""
        until = time.monotonic() + 30
        while not (found := re.search(r"Listening on 127.0.0.1:(\d+),", self.log())):
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)
        self._port = int(found[1])
        return f"127.0.0.1:{self._port}"

    def log(self) -> str:
        return self._log.read_text()


def shares(count: int) -> list[tuple[int, int, int]]:
    """Distribute the relays: the number of the hub, and first and last of each process."""
    parts = len(NAMES) * FLOCKS
    cuts = [count * part // parts for part in range(parts + 1)]
    return [(part // FLOCKS, cuts[part], cuts[part + 1]) for part in range(parts)]


async def connected(hubs: list[HubProcess]) -> int:
    """Count the relays of both hubs; one that is too busy to answer has none."""
    total = 0
    for hub in hubs:
        with suppress(OSError):  # TimeoutError, too
            total += (await ControlSocket(hub.socket).hub()).connected
    return total


async def measure(kind: str, database: str, folder: Path, count: int, tls: Path) -> bool:
    """Print one row; return whether the goals are met."""
    signer = make_identity(folder / "signing.key")
    async with AsyncExitStack() as stack:
        server = stack.enter_context(nats_server())
        os.environ["LINEMAN_DATABASE"] = database
        async with process("tests.hub.many_relays", "enrol", folder, count, signer.key) as enrolling:
            assert await enrolling.wait() == 0
        hubs = [stack.enter_context(HubProcess(folder, server, name, database)) for name in NAMES]
        fronts = [
            stack.enter_context(nginx_front(folder, tls, hub.address(), 18443 + number))
            for number, hub in enumerate(hubs)
        ]
        pids = (
            [hub.process.pid for hub in hubs],
            [pid for _, more in fronts for pid in more],
            [server.process.pid],
        )
        before = [resident(group) for group in pids]
        parts = [
            await stack.enter_async_context(
                process("tests.hub.many_relays", f"wss://{fronts[hub][0]}/relay", folder, first, last, tls)
            )
            for hub, first, last in shares(count)
        ]
        begun = await set_off(parts)
        while await connected(hubs) < count:
            there = [await connected([hub]) for hub in hubs], [hub.log()[-2000:] for hub in hubs]
            assert time.perf_counter() < begun + PATIENCE, there
            await asyncio.sleep(0.2)
        storm = time.perf_counter() - begun
        await asyncio.sleep(2.0)
        each = [(resident(group) - start) / count for group, start in zip(pids, before, strict=True)]
        used = cpu(pids[0])
        taken = await plans(server, signer, count)
        used, late = cpu(pids[0]) - used, statistics.quantiles(taken, n=100)[98]
    print(
        f"{kind:12} {count:6} {storm:10.1f} {each[0]:7.1f} {each[1]:9.1f} {each[2]:8.2f} {used:7.1f} "
        f"{statistics.median(taken):18.1f} {late:6.1f} {max(taken):8.1f}",
        flush=True,
    )
    return storm <= STORM and late <= OVERHEAD and each[0] <= OURS and sum(each) <= ALL


def cpu(pids: list[int]) -> float:
    """Return the CPU seconds of processes so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(field[11]) + int(field[12]) for field in fields) / ticks


async def plans(server: NatsServer, signer: Any, count: int) -> list[float]:
    """Send one plan to each relay in turn; return the milliseconds from the plan to its verified report."""
    bot = NatsHubs(nats_settings(server, "bot-a"))
    taken = []
    async with bot.used():
        for number in range(count):
            begun = time.perf_counter()
            async with RemoteRelay(f"relay-{number}", bot, signer).run(SMALL) as coming:
                assert [item.failure async for item in coming] == [None], number
            taken.append((time.perf_counter() - begun) * 1000)
    return taken


def main(count: int) -> int:
    """Measure on both databases; return 1 if a goal is missed."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(HEAD, flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lineman_hubs_")))
        made = make_server(None, "127.0.0.1")
        key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        tls = folder / "hub.pem"
        tls.write_bytes(key + made.pem.encode())
        server = stack.enter_context(postgresql.server())
        met = []
        for kind, database in (("SQLite", str(folder / "lineman.db")), ("PostgreSQL", server.database())):
            own = folder / kind
            own.mkdir()
            met.append(asyncio.run(measure(kind, database, own, count, tls)))
    print(
        f"goals: {STORM:g} s, {OVERHEAD:g} ms at p99, {OURS:g} and {ALL:g} kB: {'met' if all(met) else 'missed'}"
    )
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 10_000))
