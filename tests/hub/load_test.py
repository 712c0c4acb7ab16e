"""Many relays on one hub: the hub here; the relays, and whoever asks one of them meanwhile, in other processes."""

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

ROOT = Path(__file__).resolve().parents[2]
NAME = "127.0.0.1"
QUICK = "quick"  # as the case of a plan: the relay answers without signatures, so that the hub is what is measured
MANY = 10**6
# Some 800 bytes signed, as the plan of probing.md section 5.1.
SMALL = Plan((Step("tcp 1", "tcp", Target("signaling", "signal.example", 443, "tcp", "near"), 3.0),), 6.0)
# Processes that play the relays. The first relay has one of its own, as the one that is asked meanwhile.
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
        """Give kB for each idle relay: of this process, and of nginx."""
        own, front = resident([os.getpid()]), resident(self.front)
        return (own - self.before[0]) / self.count, (front - self.before[1]) / self.count

    async def fan_out(self, what: str = QUICK) -> tuple[float, float, int]:
        """Hand a plan, signed before, to every relay but the first at once.

        Gives the seconds until each was run, answered and written down, those of them in which this process had a
        processor, and how many were done.
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
        """Milliseconds from asking the first relay to its checked answer, one after the other, by another process."""
        assert self.asker
        assert self.asker.stdin
        assert self.asker.stdout
        self.asker.stdin.write(f"{count}\n".encode())
        taken: list[float] = json.loads(await self.asker.stdout.readline())
        return taken


def resident(pids: Sequence[int]) -> float:
    """Proportional resident memory of processes, kB: shared pages count once."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


@asynccontextmanager
async def crowd(
    folder: Path, count: int, *, tls: Path | None = None, nginx: bool = False
) -> AsyncIterator[Crowd]:
    """Start a hub, enrol *count* relays and connect them."""
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
        # In another process, so that nothing of it is in this one's memory before the relays come.
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
    """Part the relays among processes, from and up to: the first alone, the others evenly."""
    most = max(2, count)
    cuts = [1 + (most - 1) * part // FLOCKS for part in range(FLOCKS + 1)]
    return [(0, 1), *pairwise(cuts)]


async def set_off(parts: Sequence[Process]) -> float:
    """Let processes begin at one time, once all of them are up; gives when that was."""
    for part in parts:
        assert part.stdout
        assert (await part.stdout.readline()) == b"up\n"
    for part in parts:
        assert part.stdin
        part.stdin.write(b"go\n")
    return time.perf_counter()


@asynccontextmanager
async def process(module: str, *words: object) -> AsyncIterator[Process]:
    """Run a module of the tests until the block is left: then its input ends, and it is waited for."""
    argv = (sys.executable, "-m", module, *map(str, words))
    running = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    try:
        yield running
    finally:
        assert running.stdin
        running.stdin.close()
        await running.communicate()
