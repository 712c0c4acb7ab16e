"""Strangers who connect to a hub: `python -m tests.hub.flooding_process HOST PORT`.

Prints a line when it is ready, starts on the first line of its input, and ends with its input. Then it prints how many
connections it made of each kind.
"""

import asyncio
import socket
import ssl
import sys
from collections import Counter
from contextlib import suppress

SILENT = 600  # connections that say nothing after their TLS handshake
ADDRESSES = 20  # they come from
AGAIN = 10.0  # seconds until one that was closed is opened again
HASTY_A_MINUTE = 5_000  # connections that send garbage and leave, from one address

NOTHING_PROVED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NOTHING_PROVED.check_hostname = False
NOTHING_PROVED.verify_mode = ssl.CERT_NONE
FORGED = b"\x16\x03\x01\n2026-01-01 00:00:00 INFO hub: relay acme-hq connected\n\x1b[2J\r\n\r\n"


def client_hello() -> bytes:
    """Return the first bytes of a TLS handshake."""
    sent = ssl.MemoryBIO()
    handshake = NOTHING_PROVED.wrap_bio(ssl.MemoryBIO(), sent)
    with suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    return sent.read()


GARBAGE = (FORGED, client_hello(), b"GET / HTTP/1.1\r\n", b"\x00")


def send_garbage(host: str, port: int, garbage: bytes) -> None:
    """Connect, send what is neither a whole TLS handshake nor HTTP, and leave."""
    with suppress(OSError), socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(garbage)


async def stay_silent(number: int, host: str, port: int, made: Counter[str]) -> None:
    """Hold a connection that says nothing, again and again."""
    source = f"127.0.1.{number % ADDRESSES + 1}"
    while True:
        made["silent"] += 1
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(
                host, port, ssl=NOTHING_PROVED, local_addr=(source, 0)
            )
            try:
                await reader.read()
            finally:
                writer.transport.abort()
        await asyncio.sleep(AGAIN)


async def make_haste(host: str, port: int, made: Counter[str]) -> None:
    """Make hasty connections at an even pace."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while True:
        await asyncio.to_thread(send_garbage, host, port, GARBAGE[made["hasty"] % len(GARBAGE)])
        made["hasty"] += 1
        await asyncio.sleep(begun + made["hasty"] * 60 / HASTY_A_MINUTE - loop.time())


async def flood(host: str, port: int) -> None:
    """Do both until the input ends."""
    made: Counter[str] = Counter()
    print("up", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    tasks = [asyncio.create_task(stay_silent(number, host, port, made)) for number in range(SILENT)]
    tasks.append(asyncio.create_task(make_haste(host, port, made)))
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=5)
    print(f"{made['silent']} silent, {made['hasty']} hasty", flush=True)


if __name__ == "__main__":
    asyncio.run(flood(sys.argv[1], int(sys.argv[2])))
