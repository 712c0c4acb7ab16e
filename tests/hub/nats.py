"""The same measurement over nats-server: a subject per relay for jobs, and one for acks.

Implements only the required part of the NATS client protocol: INFO, CONNECT, SUB, PUB, MSG, PING, and PONG.
"""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from tests.hub.bare import JOB, Bare


async def join(where: str, subject: str, context: ssl.SSLContext | None) -> tuple[StreamReader, StreamWriter]:
    """Connect, and subscribe to *subject*; the subscription is active when this returns."""
    host, _, port = where.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    await reader.readline()  # INFO
    if context:
        await writer.start_tls(context, server_hostname=host)
    writer.write(f'CONNECT {{"verbose":false,"pedantic":false}}\r\nSUB {subject} 1\r\nPING\r\n'.encode())
    while await reader.readline() != b"PONG\r\n":
        pass
    return reader, writer


async def heard(reader: StreamReader, writer: StreamWriter) -> AsyncIterator[str]:
    """Yield the subjects of incoming messages until the connection ends."""
    while line := await reader.readline():
        match line.split():
            case [b"MSG", subject, _, size]:
                await reader.readexactly(int(size) + 2)
                yield subject.decode()
            case [b"PING"]:
                writer.write(b"PONG\r\n")


@asynccontextmanager
async def bare_nats(folder: Path, count: int, *, tls: Path | None = None) -> AsyncIterator[Bare]:
    """Connect relays to a nats-server; raise FileNotFoundError if it is not installed."""
    program = shutil.which("nats-server", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if not program:
        raise FileNotFoundError("nats-server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [
        "-a",
        "127.0.0.1",
        "-p",
        str(port),
        *(["--tls", "--tlscert", str(tls), "--tlskey", str(tls)] if tls else []),
    ]
    server = subprocess.Popen([program, *words], stderr=(folder / "nats.log").open("wb"))  # noqa: ASYNC220 - does not wait
    async with AsyncExitStack() as stack:
        stack.callback(server.wait)
        stack.callback(server.terminate)
        context = ssl.create_default_context(cafile=tls) if tls else None
        where = f"127.0.0.1:{port}"
        reader, writer = await _patiently(where, context)
        stack.callback(writer.close)
        joined: set[str] = set()

        async def send(number: int) -> None:
            writer.write(f"PUB job.{number} {len(JOB)}\r\n{JOB}\r\n".encode())
            await writer.drain()

        here = Bare(count, send, [server.pid], busy=[server.pid, os.getpid()])
        full = asyncio.Event()

        async def hear() -> None:
            async for subject in heard(reader, writer):
                joined.add(subject)
                here.acked(int(subject.partition(".")[2]))
                if len(joined) == count:
                    full.set()

        hearing = asyncio.create_task(hear())
        stack.callback(hearing.cancel)
        await stack.enter_async_context(await here.fill("nats", where, tls))
        await full.wait()
        here.storm += time.perf_counter()
        yield here


async def _patiently(where: str, context: ssl.SSLContext | None) -> tuple[StreamReader, StreamWriter]:
    """Join as the hub as soon as the server is ready."""
    async with asyncio.timeout(10):
        while True:
            with suppress(ConnectionError):
                return await join(where, "ack.*", context)
            await asyncio.sleep(0.05)
