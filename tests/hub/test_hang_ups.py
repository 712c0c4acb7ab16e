"""500 requesters who leave at any moment, while the database is locked, the disk is full, and the hub is killed.

`make hang-ups` runs it, as root: the disk is a small one in memory.
"""

import asyncio
import json
import os
import random
import socket
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.settings import read_hub_settings
from bot.relays.remote import RemoteRelay
from probes.protocol.failures import Failure
from probes.protocol.keys import load_identity
from probes.protocol.model import Plan, Step, Target
from tests.hub.processes import Town, town

FULL: Final = os.environ.get("LINEMAN_HANG_UPS") == "full"
pytestmark = pytest.mark.skipif(not FULL, reason="two minutes, as root; `make hang-ups` runs it")

RELAYS: Final = tuple(f"relay-{number}" for number in range(5))
REQUESTERS: Final = 500
AT_ONCE: Final = 30
TROUBLES: Final = ("lock", "full disk", "kill") * 8
PATIENT: Final = 0.2  # of the requesters wait for the end
SETTLED: Final = 30.0  # seconds in which plans that lost their hub end
AGAIN: Final = 0.3  # seconds until somebody who was refused asks again
LONGEST: Final = 3.0  # seconds until somebody leaves
TROUBLE: Final = (0.5, 3.0)  # seconds that a lock or a full disk lasts
SLOTS: Final = 4  # plans that the hub and a relay run at once, as by default
LOST: Final = (Failure.RELAY_LOST, Failure.NOT_ALLOWED)
LIMITS: Final = "limits: {plans_per_hour: 10000, plans_per_hour_in_all: 100000}\n"
HUB: Final = ("LINEMAN_HUB_RELAY_AN_HOUR=100000", "LINEMAN_HUB_PERSON_AN_HOUR=100000")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 32 MB for the block."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=755", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = {"url": f"wss://127.0.0.1:{port}/relay", "listen": f"127.0.0.1:{port}"}
    with (
        small_disk(tmp_path / "disk") as folder,
        town(folder, hub_wrap=lambda argv: ["env", *HUB, *argv], **address) as here,
    ):
        here.start_hub()
        for name in RELAYS:
            home = here.join(name)
            with (home / "policy.yaml").open("a") as policy:
                policy.write(LIMITS)
            here.start_relay(name)
        here.until(lambda: set(here.connected()) == set(RELAYS))
        yield here


@pytest.fixture
def plan() -> Iterator[Plan]:
    """A plan of a second: a server that accepts connections and says nothing, and a closed port."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent:
        port = silent.getsockname()[1]
        target = Target("signaling", "127.0.0.1", port, "tcp", "near")
        yield Plan((Step("tcp 1", "tcp", target, 1.0), Step("tls 1", "tls", target, 1.0)), 3.0)


async def ask(here: Town, plan: Plan, number: int, relay: str) -> Counter[str]:
    """Run *plan* on a relay as one of the requesters; count its steps, by why they have no result."""
    signer = load_identity(here.folder / "lineman-signing.key")
    hub = ControlSocket(Path(read_hub_settings(here.environment).socket))
    remote = RemoteRelay(relay, hub, signer, requester=f"requester-{number}")
    async with remote.run(plan) as coming:
        seen = [one async for one in coming]
    return Counter(str(one.facts.get("because", "no result")) if one.failure in LOST else "" for one in seen)


async def leave_at_any_moment(here: Town, plan: Plan, dice: random.Random) -> Counter[str]:
    """Let all requesters ask, and most of them leave."""
    limit, ended = asyncio.Semaphore(AT_ONCE), Counter[str]()

    async def one(number: int) -> None:
        relay, patience = dice.choice(RELAYS), dice.uniform(0, LONGEST)
        async with limit:
            try:
                async with asyncio.timeout(None if dice.random() < PATIENT else patience):
                    while not (await ask(here, plan, number, relay))[""]:
                        ended.update(refused=1)  # the hub is away, or all places are taken
                        await asyncio.sleep(AGAIN)
                ended.update(run=1)
            except TimeoutError:
                ended.update(left=1)

    await asyncio.gather(*map(one, range(REQUESTERS)))
    return ended


async def trouble(here: Town, kind: str, seconds: float) -> None:
    """Lock the database or fill the disk for so many *seconds*, or kill the hub and start it again."""
    if kind == "kill":
        here.stop(next(one for one in here.running if "hub" in one.args))  # type: ignore[operator]  # a list
        await asyncio.to_thread(here.start_hub)
    elif kind == "lock":
        with closing(sqlite3.connect(here.folder / "lineman.db", isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout=10000")
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(seconds)
                other.execute("ROLLBACK")
    else:
        filler = here.folder / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        await asyncio.sleep(seconds)
        filler.unlink()


async def test_every_place_is_given_back(here: Town, plan: Plan) -> None:
    """Afterwards every relay is connected and takes as many plans at once as before, and nothing counts as running."""
    dice = random.Random(7)
    troubles = list(TROUBLES)
    dice.shuffle(troubles)
    asking = asyncio.create_task(leave_at_any_moment(here, plan, dice))
    met = Counter[str]()
    for kind in troubles:
        await asyncio.sleep(dice.uniform(0, 1))
        if asking.done():
            break
        await trouble(here, kind, dice.uniform(*TROUBLE))
        met[kind] += 1
    ended = await asking
    await asyncio.to_thread(here.until, lambda: set(here.connected()) == set(RELAYS))
    status = json.loads((await asyncio.to_thread(here.lineman, "hub", "status", "--json")).stdout)
    assert (status["connected"], status["running"], status["failing"]) == (len(RELAYS), 0, []), status
    everyone = [(number, relay) for relay in RELAYS for number in range(SLOTS)]
    ends = time.monotonic() + SETTLED
    while True:  # a plan of the hub that was killed last may still run on its relay
        seen = await asyncio.gather(*(ask(here, plan, number, relay) for number, relay in everyone))
        if sum(seen, Counter[str]()) == {"": len(everyone) * len(plan.steps)}:
            break
        assert time.monotonic() < ends, seen
    status = json.loads((await asyncio.to_thread(here.lineman, "hub", "status", "--json")).stdout)
    assert status["running"] == 0
    print(
        f"{REQUESTERS} requesters, {dict(met)}: {dict(ended)}; afterwards {len(everyone)} plans on "
        f"{len(RELAYS)} relays at once, none refused, 0 running, {time.monotonic() - ends + SETTLED:.1f} s later"
    )
    assert "Traceback" not in here.log("hub"), here.log("hub")[-4000:]
