"""Clients that only acknowledge jobs.

`python -m tests.hub.many_clients ws|nats WHERE FIRST LAST [CAFILE]`

Prints a line when it is ready, connects the clients on the first line of its input, and ends with its input.
"""

import asyncio
import ssl
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp

from tests.hub.nats import heard, join

AT_ONCE = 200  # connections made at the same time
Client = Callable[
    [int], Coroutine[Any, Any, Coroutine[Any, Any, None]]
]  # connects, and returns the rest of its run


def over_websocket(session: aiohttp.ClientSession, url: str, context: ssl.SSLContext | None) -> Client:
    async def connect(number: int) -> Coroutine[Any, Any, None]:
        socket = await session.ws_connect(url, ssl=context or True, compress=0)
        await socket.send_str(str(number))

        async def live() -> None:
            async for _ in socket:
                await socket.send_str("ack")

        return live()

    return connect


def over_nats(where: str, context: ssl.SSLContext | None) -> Client:
    async def connect(number: int) -> Coroutine[Any, Any, None]:
        reader, writer = await join(where, f"job.{number}", context)
        writer.write(f"PUB ack.{number} 2\r\nup\r\n".encode())

        async def live() -> None:
            async for _ in heard(reader, writer):
                writer.write(f"PUB ack.{number} 3\r\nack\r\n".encode())

        return live()

    return connect


async def fly(kind: str, where: str, numbers: range, context: ssl.SSLContext | None) -> None:
    gate, lives = asyncio.Semaphore(AT_ONCE), list[asyncio.Task[None]]()
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        connect = over_websocket(session, where, context) if kind == "ws" else over_nats(where, context)

        async def begin(number: int) -> None:
            async with gate:
                lives.append(asyncio.create_task(await connect(number)))

        print("up", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(begin(number) for number in numbers))
        await asyncio.to_thread(sys.stdin.read)
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)


if __name__ == "__main__":
    kind, where, first, last, *ca = sys.argv[1:]
    trust = ssl.create_default_context(cafile=ca[0]) if ca else None
    if trust:
        trust.check_hostname = False
    asyncio.run(fly(kind, where, range(int(first), int(last)), trust))
