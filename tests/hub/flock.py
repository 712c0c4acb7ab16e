"""Many relays in one process that answer at once: `python -m tests.hub.flock URL FOLDER [CAFILE]`.

Reads their keys from FOLDER/keys, which `enrol` writes; connects them, prints the seconds that took, and lives
until its input ends.
"""

import asyncio
import os
import ssl
import sys
import time
from pathlib import Path

import aiohttp

from bot.enrolment import Enrolled, Enrolment
from probes.channel import SUBPROTOCOL
from probes.keys import Identity, decode, encode
from tests.hub.dialler import Dialler

AT_ONCE = 200  # connections that are made side by side


async def fly(url: str, folder: Path, context: ssl.SSLContext | None) -> None:
    signer, *seeds = (folder / "keys").read_text().split()
    relays = [Dialler(Identity.from_seed(decode(seed)), signer, hub="127.0.0.1") for seed in seeds]
    connector = aiohttp.TCPConnector(limit=0)
    gate = asyncio.Semaphore(AT_ONCE)
    timeout = aiohttp.ClientTimeout(None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def connect(relay: Dialler) -> None:
            async with gate:
                relay.socket = await session.ws_connect(
                    url, protocols=(SUBPROTOCOL,), ssl=context or True, compress=0
                )
                await relay.greet()

        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for relay in relays:
                group.create_task(connect(relay))
        print(time.perf_counter() - begun, flush=True)
        lives = [asyncio.create_task(relay.live()) for relay in relays]
        await asyncio.to_thread(sys.stdin.read)
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)


async def enrol(folder: Path, count: int, signer: str) -> None:
    """Make keys for *count* relays, and write the public halves into the database in *folder*."""
    seeds = [os.urandom(32) for _ in range(count)]
    enrolment = Enrolment.open(folder / "lineman.db")

    async def one(number: int, me: Identity) -> None:
        token = await enrolment.invite(Enrolled(f"relay-{number}", None), time.time())
        await enrolment.join(token, me.key, me.sealing, time.time())

    await asyncio.gather(*(one(number, Identity.from_seed(seed)) for number, seed in enumerate(seeds)))
    await enrolment.close()
    (folder / "keys").write_text("\n".join([signer, *map(encode, seeds)]))


if __name__ == "__main__":
    if sys.argv[1] == "enrol":
        asyncio.run(enrol(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
        sys.exit()
    trust: ssl.SSLContext | None = None
    if sys.argv[3:]:
        trust = ssl.create_default_context(cafile=sys.argv[3])
        trust.check_hostname = False
    asyncio.run(fly(sys.argv[1], Path(sys.argv[2]), trust))
