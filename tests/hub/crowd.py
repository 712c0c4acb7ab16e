"""Many relays on one hub: the hub here, in the process that asks; the relays share an event loop in another one."""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.enrolment import Enrolment
from bot.hub.endpoint import Listen, listening
from bot.hub.hub import Hub
from bot.hub.jobs import Job
from bot.hub.limits import Limits
from bot.remote import RemoteRelay
from probes.channel import Done
from probes.keys import Identity
from probes.model import Observation, Plan, Step, Target

ROOT = Path(__file__).resolve().parents[2]
NAME = "127.0.0.1"
QUICK = "quick"  # as the case of a plan: the relay answers without signatures, so that the hub is what is measured
MANY = 10**6
# Some 800 bytes signed, as the plan of probing.md section 5.1.
SMALL = Plan((Step("tcp 1", "tcp", Target("signaling", "signal.example", 443, "tcp", "near"), 3.0),), 6.0)


@dataclass
class Crowd:
    """A hub and its relays."""

    hub: Hub
    signer: Identity
    count: int
    storm: float = 0.0  # seconds until all were connected
    nginx: list[int] = field(default_factory=list)
    before: tuple[float, float] = (0.0, 0.0)

    def each(self) -> tuple[float, float]:
        """Give kB for each idle relay: of this process, and of nginx."""
        own, nginx = resident([os.getpid()]), resident(self.nginx)
        return (own - self.before[0]) / self.count, (nginx - self.before[1]) / self.count

    async def ask(self, number: int) -> list[Observation]:
        async with RemoteRelay(f"relay-{number}", self.hub, self.signer).run(SMALL) as coming:
            return [one async for one in coming]

    async def fan_out(self) -> tuple[float, float, int]:
        """Hand a plan, signed before, to every relay but the first at once.

        Gives the seconds until each has answered once, until all was over and written down, and how many were done.
        """
        jobs = []
        for number in range(1, self.count):
            remote = RemoteRelay(f"relay-{number}", self.hub, self.signer, what=QUICK, who=f"person {number}")
            health = await self.hub.relay(remote.name)
            assert health
            jobs.append(remote.sign(SMALL, health))
        begun = time.perf_counter()
        answers = await asyncio.gather(*(self._one(job) for job in jobs))
        took = time.perf_counter() - begun
        return max(first for first, _ in answers) - begun, took, sum(done for _, done in answers)

    async def _one(self, job: Job) -> tuple[float, bool]:
        first, done = 0.0, False
        async with self.hub.run(job) as replies:
            async for reply in replies:
                first, done = first or time.perf_counter(), isinstance(reply, Done)
        return first, done

    async def ask_all(self) -> tuple[float, int]:
        """The same with all there is to it: signed, checked, answered with signatures, checked again."""

        async def one(number: int) -> bool:
            return all(seen.failure is None for seen in await self.ask(number))

        begun = time.perf_counter()
        answers = await asyncio.gather(*(one(number) for number in range(1, self.count)))
        return time.perf_counter() - begun, sum(answers)

    async def round_trips(self, count: int) -> list[float]:
        """Milliseconds from asking the first relay to its answer, one after the other."""
        taken = []
        for _ in range(count):
            begun = time.perf_counter()
            assert [one.failure for one in await self.ask(0)] == [None]
            taken.append((time.perf_counter() - begun) * 1000)
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
    limits = Limits(relay_an_hour=MANY, person_at_once=MANY, person_an_hour=MANY)
    async with AsyncExitStack() as stack:
        enrolment = Enrolment.open(folder / "lineman.db")
        stack.push_async_callback(enrolment.close)
        listen = Listen(certificate=str(tls)) if tls and not nginx else Listen()
        hub = Hub(enrolment, (NAME,), limits)
        await stack.enter_async_context(hub.serving())
        where = await stack.enter_async_context(listening(hub, listen))
        here = Crowd(hub, Identity.new(), count)
        # In another process, so that nothing of it is in this one's memory before the relays come.
        words = ["-m", "tests.hub.flock", "enrol", str(folder), str(count), here.signer.key]
        await (await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT)).wait()
        if nginx:
            assert tls
            where, here.nginx = stack.enter_context(_nginx(folder, tls, where))
        here.before = (resident([os.getpid()]), resident(here.nginx))
        words = [f"{'wss' if tls else 'ws'}://{where}/relay", str(folder), *([str(tls)] if tls else [])]
        flock = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.hub.flock", *words),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        stack.push_async_callback(_end, flock)
        assert flock.stdout
        here.storm = float(await flock.stdout.readline())
        async with asyncio.timeout(60):
            while sum(one.takes_plans for one in hub.sessions.values()) < count:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
        yield here


async def _end(flock: asyncio.subprocess.Process) -> None:
    assert flock.stdin
    flock.stdin.close()
    await flock.wait()


@contextmanager
def _nginx(folder: Path, tls: Path, upstream: str) -> Iterator[tuple[str, list[int]]]:
    """TLS in front of the hub, as docs/hub.md says; gives where, and its processes."""
    (folder / "nginx.conf").write_text(f"""daemon off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/nginx.log; worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:18443 ssl backlog=4096;
    ssl_certificate {tls}; ssl_certificate_key {tls};
    ssl_session_cache shared:relays:10m; ssl_buffer_size 4k;
    location = /relay {{
      proxy_pass http://{upstream};
      proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
      proxy_read_timeout 120s; proxy_send_timeout 120s;
      proxy_buffer_size 4k; proxy_buffers 2 4k; proxy_busy_buffers_size 4k;
    }}
  }}
}}
""")
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert nginx
    process = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")])
    try:
        children: list[str] = []
        while not children:
            assert process.poll() is None, (folder / "nginx.log").read_text()
            time.sleep(0.1)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        time.sleep(0.3)
        yield "127.0.0.1:18443", [process.pid, *map(int, children)]
    finally:
        process.terminate()
        process.wait()


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
