"""Many relays on one hub: the hub as a process of its own, the relays sharing an event loop in this one."""

import asyncio
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.enrolment import Enrolled, Enrolment
from bot.hub.control import ControlSocket
from bot.hub.jobs import Job
from bot.remote import RemoteRelay
from probes.channel import SUBPROTOCOL, Done
from probes.keys import Identity
from probes.model import Observation, Plan, Step, Target
from tests.hub.dialler import Dialler

ROOT = Path(__file__).resolve().parents[2]
NAME = "hub.example"
# Some 800 bytes signed, as the plan of probing.md section 5.1.
SMALL = Plan((Step("tcp 1", "tcp", Target("signaling", "signal.example", 443, "tcp", "near"), 3.0),), 6.0)


@dataclass
class Crowd:
    """A hub, its relays, and how to ask it."""

    folder: Path
    hub: subprocess.Popen[bytes]
    exchange: ControlSocket
    signer: Identity
    nginx: list[int] = field(default_factory=list)
    relays: list[Dialler] = field(default_factory=list)
    idle_before: float = 0.0
    nginx_before: float = 0.0

    async def ask(self, name: str) -> list[Observation]:
        async with RemoteRelay(name, self.exchange, self.signer).run(SMALL) as coming:
            return [one async for one in coming]

    def memory(self) -> float:
        """Resident memory of the hub, kB."""
        return resident([self.hub.pid])

    def nginx_memory(self) -> float:
        return resident(self.nginx)


def resident(pids: Sequence[int]) -> float:
    """Proportional resident memory of processes, kB: shared pages count once."""
    return sum(
        float(line.split()[1])
        for pid in pids
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        if line.startswith("Pss:")
    )


@asynccontextmanager
async def crowd(
    folder: Path, count: int, *, tls: Path | None = None, nginx: bool = False, at_once: int = 200
) -> AsyncIterator[tuple[Crowd, float]]:
    """Start a hub, enrol *count* relays and connect them; gives the seconds that connecting took."""
    signer = Identity.new()
    relays = await _enrol(folder, count, signer)
    hub = _start_hub(folder, tls if not nginx else None)
    exchange = ControlSocket(folder / "lineman-hub.sock")
    async with AsyncExitStack() as stack:
        stack.callback(_stop, hub)
        url = await _url(folder, "wss" if tls and not nginx else "ws")
        here = Crowd(folder, hub, exchange, signer, relays=relays)
        context: ssl.SSLContext | None = None
        if tls:
            context = ssl.create_default_context(cafile=str(tls))
            context.check_hostname = False
        if nginx:
            assert tls
            url = stack.enter_context(_Nginx(here, tls, url)).url
        here.idle_before, here.nginx_before = here.memory(), here.nginx_memory()
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(None)
            )
        )
        gate = asyncio.Semaphore(at_once)
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for relay in relays:
                group.create_task(_connect(relay, url, context, session, gate))
        took = time.perf_counter() - begun
        lives = [asyncio.create_task(relay.live()) for relay in relays]
        await _all_ready(exchange, count)
        try:
            yield here, took
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)


async def _connect(
    relay: Dialler,
    url: str,
    context: ssl.SSLContext | None,
    session: aiohttp.ClientSession,
    gate: asyncio.Semaphore,
) -> None:
    async with gate:
        relay.socket = await session.ws_connect(
            url, protocols=(SUBPROTOCOL,), ssl=context or True, compress=0
        )
        await relay.greet()


async def _all_ready(exchange: ControlSocket, count: int) -> None:
    async with asyncio.timeout(60):
        while sum(one.ready for one in await exchange.relays()) < count:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def _enrol(folder: Path, count: int, signer: Identity) -> list[Dialler]:
    enrolment = Enrolment.open(folder / "lineman.db")
    relays = []

    async def one(number: int) -> Dialler:
        me, name = Identity.new(), f"relay-{number}"
        token = await enrolment.invite(Enrolled(name, None), time.time())
        await enrolment.join(token, me.key, me.sealing, time.time())
        return Dialler(me, signer.key)

    relays = list(await asyncio.gather(*(one(number) for number in range(count))))
    await enrolment.close()
    return relays


def _start_hub(folder: Path, tls: Path | None) -> subprocess.Popen[bytes]:
    more = ["--certificate", str(tls)] if tls else []
    url = ["--url", f"wss://{NAME}/relay"]
    environment = dict(os.environ) | {
        "LINEMAN_DATABASE": str(folder / "lineman.db"),
        "LINEMAN_LOG": "ERROR",
        "LINEMAN_HUB_PERSON_AT_ONCE": "10000",
        "LINEMAN_HUB_PERSON_AN_HOUR": "100000",
        "LINEMAN_HUB_RELAY_AN_HOUR": "100000",
    }
    with (folder / "hub.out").open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "hub", "--listen", "127.0.0.1:0", *url, *more],
            env=environment | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )


async def _url(folder: Path, scheme: str) -> str:
    path = folder / "hub.out"
    async with asyncio.timeout(20):
        while "listening on" not in (text := path.read_text()):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    where = text.split("listening on ")[1].split(",")[0]
    return f"{scheme}://{where}/relay"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


class _Nginx:
    """TLS in front of the hub, as docs/hub.md says."""

    def __init__(self, here: Crowd, tls: Path, url: str) -> None:
        self.here, self.tls, self.upstream = here, tls, url.split("/")[2]
        self.url = "wss://127.0.0.1:18443/relay"

    def __enter__(self) -> "_Nginx":
        folder = self.here.folder
        (folder / "nginx.conf").write_text(f"""daemon off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/nginx.log; worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:18443 ssl backlog=4096;
    ssl_certificate {self.tls}; ssl_certificate_key {self.tls};
    ssl_session_cache shared:relays:10m; ssl_buffer_size 4k;
    location = /relay {{
      proxy_pass http://{self.upstream};
      proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
      proxy_read_timeout 120s; proxy_send_timeout 120s; proxy_buffer_size 4k; proxy_buffers 2 4k;
      proxy_busy_buffers_size 4k;
    }}
  }}
}}
""")
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        assert nginx
        self.process = subprocess.Popen(
            [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]
        )
        end = time.monotonic() + 10
        children: list[int] = []
        while not children and time.monotonic() < end:
            time.sleep(0.1)
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
            children = [int(one) for one in listed.split()]
        time.sleep(0.3)
        self.here.nginx = [self.process.pid, *children]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


async def fan_out(here: Crowd) -> tuple[float, int]:
    """Hand one plan, signed before for each, to every relay at once; gives the seconds, and how many answered."""
    known = await here.exchange.relays()
    jobs = [RemoteRelay(one.name, here.exchange, here.signer).sign(SMALL, one) for one in known]
    for relay in here.relays:
        relay.quick = True

    async def one(job: Job) -> bool:
        async with here.exchange.run(job) as replies:
            return [isinstance(reply, Done) async for reply in replies][-1]

    begun = time.perf_counter()
    answers = await asyncio.gather(*(one(job) for job in jobs))
    took = time.perf_counter() - begun
    for relay in here.relays:
        relay.quick = False
    return took, sum(answers)


async def ask_all(here: Crowd) -> tuple[float, int]:
    """The same with all there is to it: signed here, checked and answered with signatures there, checked here."""

    async def one(name: str) -> bool:
        return all(seen.failure is None for seen in await here.ask(name))

    begun = time.perf_counter()
    answers = await asyncio.gather(*(one(f"relay-{number}") for number in range(len(here.relays))))
    return time.perf_counter() - begun, sum(answers)


async def round_trips(here: Crowd, name: str, count: int) -> list[float]:
    """Milliseconds from asking one relay to its answer, one after the other."""
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        assert [one.failure for one in await here.ask(name)] == [None]
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
