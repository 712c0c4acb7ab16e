"""`python -m tests.hub.flood_bench [SECONDS]`: the overhead of plans before, during, and after a flood of connections.

A hub with 512 descriptors does its own TLS. Its relays must stay connected, and its log must stay short.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from pathlib import Path

from bot.relays.hub.control_socket import ControlSocket
from probes.protocol.keys import make_identity
from tests.hub.bench_hubs import make_certificate
from tests.hub.hub_process import HubProcess
from tests.hub.load_test import process, set_off

DESCRIPTORS = 512
RELAYS = 10
APART = 0.05  # seconds between two plans
PATIENCE = 120.0  # seconds for everything but the plans
RATIO, LOG = 2.0, 200.0  # the goals: p99 during the flood to p99 without it, and kB of log


async def measure(folder: Path, seconds: float) -> bool:
    """Print the table; return whether the goals are met."""
    async with asyncio.timeout(PATIENCE + 3 * seconds), AsyncExitStack() as stack:
        hub = await _open(folder, stack)
        requester = await stack.enter_async_context(process("tests.hub.requesting_process", folder))
        size = len(hub.log())
        calm = await _ask(requester, seconds / 2)
        async with process("tests.hub.flooding_process", *hub.address().split(":")) as flood:
            await set_off([flood])
            await asyncio.sleep(2.0)  # until all silent connections were tried
            busy = await _ask(requester, seconds)
            waiting = (await ControlSocket(hub.socket).hub()).waiting
            made = await _end(flood)
        calm += await _ask(requester, seconds / 2)
        connected, log = (await ControlSocket(hub.socket).hub()).connected, hub.log()[size:]
    ratio, stayed = _print_rows(calm, busy), connected == RELAYS and "relay relay-" not in log
    print(
        f"{made} connections, {waiting} of them waited at the end of the flood, {len(log) / 1000:.1f} kB of log"
    )
    print(
        f"p99 is {ratio:.1f} times that without the flood; relays {'stayed' if stayed else 'did not stay'} connected"
    )
    met = ratio <= RATIO and len(log) / 1000 <= LOG and stayed
    print(f"goals: {RATIO:g} times, {LOG:g} kB: {'met' if met else 'missed'}")
    return met


async def _open(folder: Path, stack: AsyncExitStack) -> HubProcess:
    """Start the hub, and connect its relays."""
    os.environ["LINEMAN_DATABASE"] = database = str(folder / "lineman.db")
    signer, certificate = make_identity(folder / "signing.key"), make_certificate(folder)
    async with process("tests.hub.many_relays", "enrol", folder, RELAYS, signer.key) as enrolling:
        assert await enrolling.wait() == 0
    more = ("--certificate", str(certificate))
    hub = stack.enter_context(HubProcess(folder, "hub", database, more=more, descriptors=DESCRIPTORS))
    words = (f"wss://{hub.address()}/relay", folder, 0, RELAYS, certificate)
    await set_off([await stack.enter_async_context(process("tests.hub.many_relays", *words))])
    while (await ControlSocket(hub.socket).hub()).connected < RELAYS:  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.1)
    return hub


def _print_rows(calm: list[float], busy: list[float]) -> float:
    """Print a line for each list of milliseconds; return the ratio of the p99."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("round trip ms     plans    p50    p99    max")
    late = []
    for name, taken in (("without the flood", calm), ("in the flood", busy)):
        late.append(statistics.quantiles(taken, n=100)[98])
        print(f"{name:17} {len(taken):5} {statistics.median(taken):6.1f} {late[-1]:6.1f} {max(taken):6.1f}")
    return late[1] / late[0]


async def _ask(requester: Process, seconds: float) -> list[float]:
    """Send plans to one relay for so many seconds; return the milliseconds of each."""
    assert requester.stdin
    assert requester.stdout
    requester.stdin.write(f"{seconds / APART:.0f} {APART}\n".encode())
    taken: list[float] = json.loads(await requester.stdout.readline())
    return taken


async def _end(flood: Process) -> str:
    assert flood.stdin
    assert flood.stdout
    flood.stdin.close()
    return (await flood.stdout.readline()).decode().strip()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lineman_flood_") as home:
        sys.exit(not asyncio.run(measure(Path(home), float(sys.argv[1]) if sys.argv[1:] else 60.0)))
