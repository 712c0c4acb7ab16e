"""What an idle relay costs its host, as a process connected to a hub over TLS."""

import asyncio
import hashlib
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.relays.hub.endpoint import ListenAddress
from bot.storage.relay_registry import RegisteredRelay
from probes.checks import PROBES
from probes.protocol.invitation import Invitation, write_invitation
from probes.protocol.model import Plan, Step, Target
from tests.bot.small_world import gateway
from tests.certificates import make_server
from tests.environment import unmeasured
from tests.hub.bare import processor
from tests.hub.hub_fixture import House, house
from tests.hub.processes import EVERYTHING

MEMORY = 45_000_000  # bytes; shared pages count in full
KEPT = 3_000_000  # bytes that may remain after a plan; its checks and their libraries take 6 MB
CPU = 0.001  # of one core
USUAL_BEAT = 15.0  # seconds between two pings of a real hub
BEATS = 60
FILL = 10_000  # bytes that the plan asks to fill the line with, and the policy allows


async def test_relay_that_waits_costs_little(tmp_path: Path) -> None:
    """A relay takes less than 45 MB before its first plan and after it, and 0.1 % of a core for the hub's pings."""
    certificate = make_server(None, "127.0.0.1")
    key = certificate.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "hub.pem").write_bytes(key + certificate.pem.encode())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    listen = ListenAddress(port=port, certificate=str(tmp_path / "hub.pem"))
    names = (f"127.0.0.1:{port}",)
    async with (
        house(tmp_path, beat=0.05, listen=listen, names=names) as home,
        gateway(make_server(None, "good.example")) as service,
        started(tmp_path, home, hashlib.sha256(certificate.chain[0]).hexdigest()) as relay,
    ):
        await home.until(lambda: "acme-hq" in home.hub.sessions and home.hub.sessions["acme-hq"].takes_plans)
        before = resident(relay.pid)
        session = home.hub.sessions["acme-hq"]
        begun, pings = processor([relay.pid]), session.pings
        await home.until(lambda: session.pings >= pings + BEATS)
        each = (processor([relay.pid]) - begun) / BEATS
        seen = await home.run("acme-hq", everything(service))
        after = resident(relay.pid)
    assert {one.failure for one in seen if one.probe in ("tcp", "http", "websocket")} == {None}
    assert len(seen) == len(PROBES)
    assert (before < MEMORY, after < MEMORY) == (True, True), f"{before} bytes before, {after} after"
    assert after - before < KEPT, f"{before} bytes before, {after} after"
    assert each < CPU * USUAL_BEAT, f"{each * 1000:.2f} ms for each ping"


def everything(port: int) -> Plan:
    """Make a plan with every check, so that it loads all code that a plan can load."""
    target = Target("signaling", "127.0.0.1", port, "tcp")
    wanted = {"fill": {"bytes": FILL}}
    return Plan(tuple(Step(name, name, target, 1.5, wanted.get(name, {})) for name in PROBES), 2.0)


@asynccontextmanager
async def started(folder: Path, home: House, pin: str) -> AsyncIterator[Process]:
    """Start the relay acme-hq, joined to *home*, in its own process."""
    policy = EVERYTHING.replace("RANGES", '"127.0.0.0/8"').replace("PROXIES", "")
    (folder / "policy.yaml").write_text(f"{policy}limits: {{fill_bytes: {FILL}}}\n")
    token = await home.hub.registry.invite(RegisteredRelay("acme-hq", None), time.time())
    word = write_invitation(Invitation(home.url, token, home.signer.key, pin))
    command = (sys.executable, "-m", "probes", "--home", str(folder))
    joining = await asyncio.create_subprocess_exec(*command, "join", word, stdout=PIPE, stderr=PIPE)
    said = await joining.communicate()
    assert joining.returncode == 0, said
    relay = await asyncio.create_subprocess_exec(*command, stderr=PIPE, env=unmeasured())
    try:
        yield relay
    finally:
        relay.terminate()
        await relay.communicate()


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss:"))
