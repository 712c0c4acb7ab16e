"""Start everything: a fake Slack, two bots, two hubs, many relays, PostgreSQL, and NATS, on five machines."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.messages import HubStatus
from bot.storage.address import parse_database
from bot.storage.relay_registry import RelayRegistry
from probes.protocol.json_codec import load
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity, make_identity
from tests import postgresql
from tests.fake_slack.slack import FakeSlack
from tests.hub.hub_process import NAMES, HubProcess
from tests.hub.load_test import ROOT
from tests.hub.many_relays import enrol
from tests.hub.nats_server import NatsServer, nats_server
from tests.slack.bot import UNPACED, Bot
from tests.slack.world import closed_world
from tests.whole_system.machines import Machines
from tests.whole_system.units import Unit

# A bot and a hub each on two of them, both servers on one, the relays of all customers on one, and Slack.
MACHINES: Final = ("east", "west", "data", "sites", "slack")
WORKING: Final = ("east", "west")
PORT: Final = 8080  # of /healthz
PATIENCE: Final = 120.0  # seconds until everything has recovered; others may keep the machine busy


@dataclass
class System:
    """Everything that runs."""

    machines: Machines
    slack: FakeSlack
    database: postgresql.PostgresServer
    url: str  # of the database, for this process
    nats: NatsServer
    registry: RelayRegistry
    signer: Identity
    hubs: list[HubProcess]
    bots: list[Bot]
    units: list[Unit]
    relays: int
    revoked: dict[str, float] = field(default_factory=dict)  # when, by relay

    async def revoke(self, relay: str) -> None:
        """Revoke a relay, as an operator does on the machine of the database."""
        await self.registry.revoke(relay, self.slack.clock.now(), self.signer)
        self.revoked[relay] = self.slack.clock.now()

    async def hub_status(self) -> list[HubStatus]:
        """Ask the hubs how they are; one that does not answer is left out."""
        found = []
        for hub in self.hubs:
            with suppress(OSError, WireError):
                found.append(await ControlSocket(hub.socket).hub())
        return found

    async def missing(self) -> str:
        """Say what has not recovered; empty if everything has."""
        ended = [unit.name for unit in self.units if unit.code() is not None]
        if ended:
            return f"not running: {', '.join(ended)}"
        if len(self.slack.socket.live) < 2 * len(self.bots):
            return f"{len(self.slack.socket.live)} connections of bots to Slack"
        status = await self.hub_status()
        connected, expected = sum(hub.connected for hub in status), self.relays - len(self.revoked)
        if len(status) < len(self.hubs) or connected != expected:
            return f"{len(status)} hubs with {connected} of {expected} relays"
        if lost := [hub.nats for hub in status if not hub.nats.startswith("connected")]:
            return "; ".join(lost)
        return "; ".join([problem for hub in status for problem in hub.failing] + await self.unready())

    async def unready(self) -> list[str]:
        """List what /readyz and /healthz of the bots report."""
        found: list[str] = []
        for name in WORKING:
            ready, health = [await self._page(name, path) for path in ("readyz", "healthz")]
            found += [*ready["problems"], *health["failing"]]
        return found

    async def recovered(self) -> None:
        """Wait until everything works again."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + PATIENCE
        while problem := await self.missing():
            if loop.time() > ends:
                logs = "\n".join(f"--- {unit.name}\n{unit.log()[-3000:]}" for unit in self.units)
                raise AssertionError(f"{problem} after {PATIENCE:g} s\n{logs}")
            await asyncio.sleep(0.2)

    def ran(self) -> list[tuple[float, str, str]]:
        """List what relays ran, with the time, and which were sent away."""
        lines = (self.machines.folder / "ran").read_text().splitlines()
        return [(float(at), relay, plan) for at, relay, plan, *_ in map(str.split, lines)]

    def count(self, sql: str) -> Any:
        """Return the first value of a query."""
        return self.database.command(sql, self.url)[0][0]

    async def _page(self, name: str, path: str) -> dict[str, Any]:
        address = f"http://127.0.0.1:{PORT}/{path}"

        def read() -> bytes:
            try:
                with urllib.request.urlopen(address, timeout=10) as answer:
                    return bytes(answer.read())
            except urllib.error.HTTPError as error:
                return error.read()
            except OSError as error:
                return f'{{"problems": ["{name}: {type(error).__name__}"], "failing": []}}'.encode()

        machine = self.machines[name]
        page: dict[str, Any] = load((await asyncio.to_thread(machine.inside, read)).decode())
        return page


@asynccontextmanager
async def running(machines: Machines, count: int) -> AsyncIterator[System]:
    """Start everything on *machines*, with *count* relays that are registered."""
    folder = machines.folder
    with ExitStack() as stack:
        database = stack.enter_context(postgresql.server(machines["data"]))
        database.command("ALTER SYSTEM SET synchronous_commit = on")
        database.command("SELECT pg_reload_conf()")
        nats = stack.enter_context(nats_server(machine=machines["data"]))
        url = database.database()
        signer = make_identity(folder / "signing.key")
        os.environ["LINEMAN_DATABASE"] = url
        await enrol(folder, count, signer.key)
        async with AsyncExitStack() as closing:
            registry = RelayRegistry.open(parse_database(url))
            closing.push_async_callback(registry.close)
            slack = await closing.enter_async_context(_slack(machines))
            outside = database.over_network(url)
            hubs = [
                stack.enter_context(HubProcess(folder, hub, outside, nats, machine=machines[name]))
                for hub, name in zip(NAMES, WORKING, strict=True)
            ]
            bots = [_bot(machines, slack, nats, outside, name) for name in WORKING]
            for bot in bots:
                await bot.launch()
                closing.push_async_callback(bot.kill)
            units = [*map(_hub_unit, hubs), *map(_bot_unit, bots)]
            urls = [f"ws://{await asyncio.to_thread(hub.address)}/relay" for hub in hubs]
            for first, last in ((0, count // 2), (count // 2, count)):
                units.append(await _relays(machines, first, last, urls))
                stack.callback(units[-1].signal)
            keepers = [asyncio.create_task(unit.keep()) for unit in units]
            system = System(machines, slack, database, url, nats, registry, signer, hubs, bots, units, count)
            try:
                await system.recovered()
                yield system
            finally:
                for keeper in keepers:
                    keeper.cancel()
                await asyncio.gather(*keepers, return_exceptions=True)


@asynccontextmanager
async def _slack(machines: Machines) -> AsyncIterator[FakeSlack]:
    """Serve the fake Slack on its machine: an internet that stays while other links are cut."""
    machine = machines["slack"]
    listening = machine.inside(lambda: socket.create_server((machine.host, 0), backlog=512))
    async with FakeSlack().serving(on=listening) as slack:
        slack.echoes = slack.chaos.tiers = False
        slack.chaos.duplicates = 0.2
        slack.may_be_down = True
        yield slack


def _bot(machines: Machines, slack: FakeSlack, nats: NatsServer, database: str, name: str) -> Bot:
    folder, machine = machines.folder / name, machines[name]
    folder.mkdir()
    rules = folder / "access.yaml"
    rules.write_text('rules: [{relays: "*"}]')
    user = f"bot-{'ab'[WORKING.index(name)]}"
    environment = UNPACED | {
        "LINEMAN_DATABASE": database, "LINEMAN_NATS": nats.url(user), "LINEMAN_NATS_NAME": user, "PORT": str(PORT),
        "LINEMAN_ACCESS": str(rules), "LINEMAN_SIGNING_KEY": str(machines.folder / "signing.key"),
        "LINEMAN_HOME": str(folder), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return Bot(
        slack, "socket", folder, closed_world(folder), environment,
        command=lambda words: machine.command(["env", "-i", *words]),
    )  # fmt: skip


def _hub_unit(hub: HubProcess) -> Unit:
    async def launch() -> None:
        await asyncio.to_thread(hub.start)

    return Unit(hub.socket.stem, launch, lambda: hub.process.poll(), lambda: hub.process.kill(), hub.log)


def _bot_unit(bot: Bot) -> Unit:
    def code() -> int | None:
        assert bot.process
        return bot.process.returncode

    def end() -> None:
        assert bot.process
        if bot.process.returncode is None:
            bot.process.kill()

    return Unit(f"bot {bot.folder.name}", bot.launch, code, end, lambda: bot.log)


async def _relays(machines: Machines, first: int, last: int, urls: list[str]) -> Unit:
    """Start a process with some of the relays."""
    folder, name = machines.folder, f"relays {first} to {last - 1}"
    words = [sys.executable, "-m", "tests.hub.wanderer", str(folder), str(first), str(last), *urls]
    path, processes = folder / f"{name}.log", list[subprocess.Popen[bytes]]()

    async def launch() -> None:
        with path.open("ab") as log:
            argv = machines["sites"].command(words)
            processes.append(subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log))  # noqa: ASYNC220 - does not wait

    await launch()
    return Unit(
        name, launch, lambda: processes[-1].poll(), lambda: processes[-1].send_signal(signal.SIGKILL),
        lambda: path.read_text(errors="replace"),
    )  # fmt: skip


def load_average() -> str:
    """Return how many processes want a processor, over 1 and 5 minutes."""
    return " ".join(Path("/proc/loadavg").read_text().split()[:2])
