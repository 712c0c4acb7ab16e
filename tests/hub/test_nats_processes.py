"""Two hubs in processes of their own: one is killed, and what the operator reads of NATS."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.cli.doctor_checks import check_hub
from bot.relays.hub import remote_hub
from bot.relays.remote import RemoteRelay
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.keys import Identity
from probes.protocol.messages import ObservationMessage
from tests.hub.hub_fixture import PLAN
from tests.hub.nats_server import NatsServer, nats_server
from tests.hub.processes import ROOT
from tests.hub.scripted_relay import Dialler, dialled, finish, observation
from tests.hub.several_hubs import NatsHubs, nats_settings
from tests.hub.test_nats import Halfway

COUNT = len(PLAN.steps)


def environment_of(folder: Path, server: NatsServer, name: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "LINEMAN_DATABASE": str(folder / "lineman.db"),
        "LINEMAN_HUB_SOCKET": str(folder / f"{name}.sock"),
        "LINEMAN_HUB_URL": "wss://hub.example/relay",
        "LINEMAN_NATS": server.url(name),
        "LINEMAN_NATS_NAME": name,
    }


@contextmanager
def hub_process(folder: Path, server: NatsServer, name: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start `lineman hub`; gives it and the address for relays."""
    path = folder / f"{name}.log"
    argv = [sys.executable, "-m", "bot.cli", "hub", "--listen", "127.0.0.1:0"]
    with path.open("wb") as log:
        process = subprocess.Popen(
            argv, env=environment_of(folder, server, name), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 20
        while not (found := re.search(r"Listening on (\S+),", path.read_text())):
            assert time.monotonic() < until, path.read_text()
            time.sleep(0.02)
        yield process, f"ws://{found[1]}/relay"
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def registered(folder: Path, name: str) -> AsyncIterator[str]:
    """Invite a relay; gives the token."""
    registry = RelayRegistry.open(folder / "lineman.db")
    try:
        yield await registry.invite(RegisteredRelay(name, None), time.time())
    finally:
        await registry.close()


async def test_hub_killed_during_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan goes on through the other hub if the relay connects there, and else ends with the reason in words.

    The status of a hub, and `lineman doctor`, name NATS and the other hub.
    """
    signer, halfway = Identity.new(), Halfway()
    with nats_server() as server:
        bot = NatsHubs(nats_settings(server, "bot-a"))
        with (
            hub_process(tmp_path, server, "hub-a") as (killed, url),
            hub_process(tmp_path, server, "hub-b") as (last, other),
        ):
            async with bot.used(), registered(tmp_path, "acme-hq") as token:
                relay = Dialler(Identity.new(), signer.key, token, answer=halfway)
                async with dialled(relay, url):
                    running = asyncio.create_task(run(bot, signer))
                    await asyncio.wait_for(halfway.reached.wait(), 10)
                    async with asyncio.timeout(10):
                        while not (await bot.hub()).others or not relay.acked:  # noqa: ASYNC110 - no event
                            await asyncio.sleep(0.02)
                    state, found, _ = await check_hub(environment_of(tmp_path, server, "bot-a"))
                    assert (state, found.count("hub-a") + found.count("hub-b")) == ("ok", 1), found
                    order = relay.orders[0]
                    killed.send_signal(signal.SIGKILL)
                    killed.wait()
                again = Dialler(relay.me, signer.key, held=(order.id,), answer=halfway)
                async with dialled(again, other):
                    everything = [observation(step) for step in order.plan.steps]
                    for number, item in enumerate(everything[1:], 2):
                        await again.say(ObservationMessage(order.id, number, item))
                    await finish(again, order, everything)
                    assert [item.failure for item in await running] == [None] * COUNT
                    status = await asyncio.to_thread(hub_status, tmp_path, server, "hub-b")
                    assert f"NATS: connected to 127.0.0.1:{server.port}. Other hubs: " in status
                    monkeypatch.setattr(remote_hub, "BACK", 0.5)
                    async with RemoteRelay("acme-hq", bot, signer).run(PLAN) as coming:
                        assert (await anext(coming)).failure is None
                        last.send_signal(signal.SIGKILL)
                        reasons = [item.facts["because"] async for item in coming]
    lost = "the connection to the hub was lost, and the hub did not return in time"
    assert reasons == [lost] * (COUNT - 1)
    assert len(again.orders) == 1


async def run(bot: NatsHubs, signer: Identity) -> list[object]:
    """Run the plan as soon as a hub has the relay."""
    async with asyncio.timeout(20):
        while not (status := await bot.relay("acme-hq")) or not status.ready:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)
        async with RemoteRelay("acme-hq", bot, signer).run(PLAN) as coming:
            return [item async for item in coming]


def hub_status(folder: Path, server: NatsServer, name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "hub", "status"],
        env=environment_of(folder, server, name), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
