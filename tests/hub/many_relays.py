"""Many relays in one process that reply at once: `python -m tests.hub.many_relays URL FOLDER FIRST LAST [CAFILE]`.

Reads the keys of relays FIRST to LAST - 1 from FOLDER/keys, which `enrol` writes. Prints a line when it is ready,
connects the relays on the first line of its input, and ends with its input.
"""

import asyncio
import gc
import os
import ssl
import sys
import time
from pathlib import Path
from typing import cast

from aiohttp import ClientWebSocketResponse

from bot.storage.address import parse_database
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.keys import Identity, decode, encode
from tests.hub.light_socket import connect
from tests.hub.scripted_relay import Dialler

AT_ONCE = 100  # connections made at the same time; the hub lets 250 of one address wait


async def fly(url: str, folder: Path, part: slice, context: ssl.SSLContext | None) -> None:
    signer, *seeds = (folder / "keys").read_text().split()
    relays = [Dialler(Identity.from_seed(decode(seed)), signer, hub="127.0.0.1") for seed in seeds[part]]
    gate, lives = asyncio.Semaphore(AT_ONCE), list[asyncio.Task[None]]()

    async def connect_relay(relay: Dialler) -> None:
        async with gate:
            relay.socket = cast("ClientWebSocketResponse", await connect(url, context))  # has what relays use
            await relay.greet()
        # At once: a hub that gets no answer to its pings for 45 s closes the connection.
        lives.append(asyncio.create_task(relay.live()))

    gc.freeze()  # a search through all relays would cost as much as many connections
    gc.set_threshold(100_000, 50, 50)
    print("up", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    async with asyncio.TaskGroup() as group:
        for relay in relays:
            group.create_task(connect_relay(relay))
    await asyncio.to_thread(sys.stdin.read)
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)


async def enrol(folder: Path, count: int, signer: str) -> None:
    """Make keys for *count* relays, and write the public keys into the database in *folder*."""
    seeds = [os.urandom(32) for _ in range(count)]
    registry = RelayRegistry.open(
        parse_database(os.environ.get("LINEMAN_DATABASE") or str(folder / "lineman.db"))
    )

    async def one(number: int, me: Identity) -> None:
        token = await registry.invite(RegisteredRelay(f"relay-{number}", None), time.time())
        await registry.join(token, me.key, me.sealing, time.time())

    await asyncio.gather(*(one(number, Identity.from_seed(seed)) for number, seed in enumerate(seeds)))
    await registry.close()
    (folder / "keys").write_text("\n".join([signer, *map(encode, seeds)]))


if __name__ == "__main__":
    if sys.argv[1] == "enrol":
        asyncio.run(enrol(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
        sys.exit()
    trust: ssl.SSLContext | None = None
    if sys.argv[5:]:
        trust = ssl.create_default_context(cafile=sys.argv[5])
        trust.check_hostname = False
    share = slice(int(sys.argv[3]), int(sys.argv[4]))
    asyncio.run(fly(sys.argv[1], Path(sys.argv[2]), share, trust))
