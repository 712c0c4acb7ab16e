"""A requester of one relay in its own process: `python -m tests.hub.requesting_process FOLDER`.

Reads numbers, sends as many plans through the control socket, and prints the milliseconds of each as JSON.
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


async def ask(relay: RemoteRelay, count: int) -> list[float]:
    """Return the milliseconds from each plan to its verified report."""
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        async with relay.run(SMALL) as coming:
            seen = [one.failure async for one in coming]
        assert seen == [None]
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def main(folder: Path) -> None:
    relay = RemoteRelay("relay-0", ControlSocket(folder / "hub.sock"), load_identity(folder / "signing.key"))
    for line in sys.stdin:
        print(json.dumps(asyncio.run(ask(relay, int(line)))), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
