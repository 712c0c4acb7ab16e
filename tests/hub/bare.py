"""Connections without Lineman, for comparison: a job out, an ack back."""

import asyncio
import os
import ssl
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.hub.load_test import process, set_off, shares
from tests.hub.nginx_front import nginx_front
from tests.hub.process_cost import resident

JOB = "j" * 800  # bytes, about the size of a signed plan
BUFFER = 256 * 1024  # asyncio's default buffer per TLS connection and direction


@dataclass
class Bare:
    """A server and its clients; `send` sends a job to one of them."""

    count: int
    send: Callable[[int], Awaitable[None]]
    servers: list[int]  # processes whose memory counts
    busy: list[int] = field(default_factory=lambda: [os.getpid()])  # and whose time
    storm: float = 0.0
    front: list[int] = field(default_factory=list)
    before: tuple[float, float] = (0.0, 0.0)
    waiting: dict[int, asyncio.Future[None]] = field(default_factory=dict)

    def acked(self, number: int) -> None:
        if waiting := self.waiting.pop(number, None):
            waiting.set_result(None)

    async def ask(self, number: int) -> None:
        self.waiting[number] = answered = asyncio.get_running_loop().create_future()
        await self.send(number)
        await answered

    def each(self) -> tuple[float, float]:
        """Return kB per idle connection: of the server, and of nginx."""
        own, front = resident(self.servers), resident(self.front)
        return (own - self.before[0]) / self.count, (front - self.before[1]) / self.count

    async def fan_out(self) -> tuple[float, float, int]:
        """Send a job to all clients but the first; return the seconds, the CPU seconds, and how many acknowledged."""
        begun, used = time.perf_counter(), processor(self.busy)
        await asyncio.gather(*(self.ask(number) for number in range(1, self.count)))
        return time.perf_counter() - begun, processor(self.busy) - used, self.count - 1

    async def round_trips(self, count: int) -> list[float]:
        """Return the milliseconds of jobs to the first client until its acknowledgment."""
        taken = []
        for _ in range(count):
            begun = time.perf_counter()
            await self.ask(0)
            taken.append((time.perf_counter() - begun) * 1000)
        return taken

    async def fill(self, kind: str, where: str, ca: Path | None) -> AsyncExitStack:
        """Connect all clients; closing the returned stack disconnects them."""
        stack = AsyncExitStack()
        self.before = (resident(self.servers), resident(self.front))
        more = (ca,) if ca else ()
        parts: list[Process] = [
            await stack.enter_async_context(process("tests.hub.many_clients", kind, where, *share, *more))
            for share in shares(self.count)
        ]
        self.storm = -await set_off(parts)
        return stack


def processor(pids: Sequence[int]) -> float:
    """Return the CPU seconds of processes, all threads included."""
    files = (path for pid in pids for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[0]) for path in files) / 1e9


@asynccontextmanager
async def bare_websockets(
    folder: Path, count: int, *, tls: Path | None = None, nginx: bool = False, buffer: int = BUFFER
) -> AsyncIterator[Bare]:
    """WebSockets to aiohttp: plain, with TLS in Python, or with TLS in nginx."""
    sockets: dict[int, web.WebSocketResponse] = {}
    here = Bare(count, lambda number: sockets[number].send_str(JOB), [os.getpid()])
    full = asyncio.Event()

    async def relay(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        number = int(await socket.receive_str())
        sockets[number] = socket
        if len(sockets) == count:
            full.set()
        async for _ in socket:
            here.acked(number)
        return socket

    context = None
    if tls and not nginx:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        asyncio.sslproto.SSLProtocol.max_size = buffer  # type: ignore[attr-defined]  # its own, not typed
    application = web.Application()
    application.router.add_get("/relay", relay)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context, backlog=4096).start()
        where = "{}:{}".format(*runner.addresses[0][:2])
        if nginx and tls:
            where, here.front = stack.enter_context(nginx_front(folder, tls, where))
        url = f"{'wss' if tls else 'ws'}://{where}/relay"
        await stack.enter_async_context(await here.fill("ws", url, tls))
        await full.wait()
        here.storm += time.perf_counter()
        yield here
