"""Many relays on one hub: the hub in this process; the relays and a requester in other processes."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bot.relays.hub.control_socket import controlled
from bot.relays.hub.endpoint import ListenAddress, listening
from bot.relays.hub.hub import Hub
from bot.relays.hub.messages import HubJob
from bot.relays.hub.quotas import HubLimits
from bot.relays.remote import RemoteRelay
from bot.storage.relay_registry import RelayRegistry
from probes.protocol.keys import Identity, make_identity
from probes.protocol.messages import Done
from probes.protocol.model import Plan, Step, Target
from tests.hub.nginx_front import nginx_front
from tests.hub.process_cost import resident

ROOT = Path(__file__).resolve().parents[2]
NAME = "127.0.0.1"
QUICK = "quick"  # as the case label of a plan: the relay replies without signatures, so that only the hub is measured
MANY = 10**6
# About 800 bytes when signed, like a job of the bare connections.
SMALL = Plan((Step("tcp 1", "tcp", Target("signaling", "signal.example", 443, "tcp", "near"), 3.0),), 6.0)
# Processes that run the relays. The first relay, to which round trips are measured, has its own process.
FLOCKS = 2


@dataclass
class Crowd:
    """A hub and its relays."""

    hub: Hub
    signer: Identity
    count: int
    asker: Process | None = None
    storm: float = 0.0  # seconds until all were connected
    front: list[int] = field(default_factory=list)  # processes of nginx
    before: tuple[float, float] = (0.0, 0.0)

    def each(self) -> tuple[float, float]:
        """Return kB per idle relay: of this process, and of nginx."""
        own, front = resident([os.getpid()]), resident(self.front)
        return (own - self.before[0]) / self.count, (front - self.before[1]) / self.count

    async def fan_out(self, what: str = QUICK) -> tuple[float, float, int]:
        """Send a plan, signed before, to every relay but the first at once.

        Returns the seconds until each was run, reported, and written to the audit log; the CPU seconds of this
        process in that time; and how many plans were done.
        """
        jobs = []
        for number in range(1, self.count):
            remote = RemoteRelay(
                f"relay-{number}", self.hub, self.signer, case_label=what, requester=f"person {number}"
            )
            health = await self.hub.relay(remote.name)
            assert health
            jobs.append(remote.sign(SMALL, health))
        begun, used = time.perf_counter(), time.process_time()
        done = await asyncio.gather(*(self._one(job) for job in jobs))
        return time.perf_counter() - begun, time.process_time() - used, sum(done)

    async def _one(self, job: HubJob) -> bool:
        async with self.hub.run(job) as replies:
            return [isinstance(reply, Done) async for reply in replies][-1]

    async def round_trips(self, count: int) -> list[float]:
        """Return the milliseconds from a plan for the first relay to its verified report, by another process."""
        assert self.asker
        assert self.asker.stdin
        assert self.asker.stdout
        self.asker.stdin.write(f"{count}\n".encode())
        taken: list[float] = json.loads(await self.asker.stdout.readline())
        return taken


@asynccontextmanager
async def crowd(
    folder: Path, count: int, *, tls: Path | None = None, nginx: bool = False
) -> AsyncIterator[Crowd]:
    """Start a hub, register *count* relays, and connect them."""
    limits = HubLimits(relay_an_hour=MANY, person_at_once=MANY, person_an_hour=MANY)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        registry = RelayRegistry.open(folder / "lineman.db")
        stack.push_async_callback(registry.close)
        listen = ListenAddress(certificate=str(tls)) if tls and not nginx else ListenAddress()
        hub = Hub(registry, (NAME,), limits)
        await enter(hub.serving())
        where = await enter(listening(hub, listen))
        await enter(controlled(hub, folder / "hub.sock"))
        here = Crowd(hub, make_identity(folder / "signing.key"), count)
        # In another process, so that it does not add to this one's memory before the relays connect.
        async with process("tests.hub.many_relays", "enrol", folder, count, here.signer.key) as enrolling:
            assert await enrolling.wait() == 0
        if nginx:
            assert tls
            where, here.front = stack.enter_context(nginx_front(folder, tls, where))
        here.before = (resident([os.getpid()]), resident(here.front))
        url, more = f"{'wss' if tls else 'ws'}://{where}/relay", (tls,) if tls else ()
        parts = [
            await enter(process("tests.hub.many_relays", url, folder, *share, *more))
            for share in shares(count)
        ]
        begun = await set_off(parts)
        async with asyncio.timeout(60):
            while sum(one.takes_plans for one in hub.sessions.values()) < count:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
        here.storm = time.perf_counter() - begun
        here.asker = await enter(process("tests.hub.requesting_process", folder))
        yield here


def shares(count: int) -> list[tuple[int, int]]:
    """Distribute the relays over processes as (first, last): the first alone, the others evenly."""
    most = max(2, count)
    cuts = [1 + (most - 1) * part // FLOCKS for part in range(FLOCKS + 1)]
    return [(0, 1), *pairwise(cuts)]


async def set_off(parts: Sequence[Process]) -> float:
    """Start all processes at the same time, once they are ready; return that time."""
    for part in parts:
        assert part.stdout
        assert (await part.stdout.readline()) == b"up\n"
    for part in parts:
        assert part.stdin
        part.stdin.write(b"go\n")
    return time.perf_counter()


@asynccontextmanager
async def process(module: str, *words: object) -> AsyncIterator[Process]:
    """Run a module of the tests; leaving the block closes its input and waits for it."""
    argv = (sys.executable, "-m", module, *map(str, words))
    running = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    try:
        yield running
    finally:
        assert running.stdin
        running.stdin.close()
        await running.communicate()
