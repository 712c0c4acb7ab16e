"""A requester of one relay in its own process: `python -m tests.hub.requesting_process FOLDER`.

Reads lines with a number, and with the seconds between two plans if they are not to follow each other at once. Sends
as many plans through the control socket, and prints the milliseconds of each as JSON.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.remote import RemoteRelay
from probes.protocol.keys import load_identity
from tests.hub.load_test import SMALL


async def ask(relay: RemoteRelay, count: int, apart: float = 0.0) -> list[float]:
    """Return the milliseconds from each plan to its verified report."""
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        async with relay.run(SMALL) as coming:
            seen = [one.failure async for one in coming]
        assert seen == [None]
        taken.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(apart - (time.perf_counter() - begun))
    return taken


def main(folder: Path) -> None:
    relay = RemoteRelay("relay-0", ControlSocket(folder / "hub.sock"), load_identity(folder / "signing.key"))
    for line in sys.stdin:
        count, *apart = line.split()
        print(json.dumps(asyncio.run(ask(relay, int(count), *map(float, apart)))), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
