"""A relay that has stopped reading delays no revocation, neither its own nor another's, and no plan forever."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.relays.hub import relay_stream
from probes.protocol.model import Plan, Step, Target
from tests.hub.hub_fixture import House, house
from tests.hub.scripted_relay import Dialler, dialled

FULL = 64 * 1024  # bytes beyond which asyncio makes the sender wait
IN_TIME = 5.0  # seconds until a revocation reaches a relay
TARGET = Target("signaling", "192.0.2.1", 443)
LARGE = Plan(tuple(Step(f"tcp {number}", "tcp", TARGET, 3.0) for number in range(900)), 6.0)


class DeafRelay(Dialler):
    """It authenticates, reads nothing from then on, and would not be noticed by its pongs."""

    async def live(self) -> None:
        assert self.socket
        self.socket._response.connection.transport.pause_reading()  # type: ignore[union-attr]  # connected
        await asyncio.Event().wait()


@asynccontextmanager
async def deaf(home: House, name: str) -> AsyncIterator[None]:
    """Connect a relay that reads nothing, and ask it for plans until the hub cannot send any more to it."""
    relay = home.relays[name] = await home.new(name)
    async with dialled(DeafRelay(relay.me, relay.signer, relay.token), home.url):
        await home.until(lambda: name in home.hub.sessions and home.hub.sessions[name].takes_plans)
        transport = home.hub.sessions[name].line.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        asking = [asyncio.create_task(home.run(name, LARGE, requester=str(n))) for n in range(4)]
        try:
            await home.until(lambda: transport.get_write_buffer_size() > FULL)
            yield
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)


async def test_revocation(tmp_path: Path) -> None:
    """It is disconnected in time when it is revoked, and so is the next one."""
    async with house(tmp_path) as home, deaf(home, "deaf"), dialled(await home.new("next"), home.url):
        await home.until(lambda: len(home.hub.sessions) == 2)
        async with asyncio.timeout(2 * IN_TIME):
            for name in ("deaf", "next"):
                begun = time.monotonic()
                await home.hub.registry.revoke(name, time.time(), home.signer)
                await home.until(lambda name=name: name not in home.hub.sessions)  # type: ignore[misc]  # bound
                assert time.monotonic() - begun < IN_TIME


async def test_return(tmp_path: Path) -> None:
    """A relay whose former connection reads nothing connects again at once."""
    async with house(tmp_path) as home, deaf(home, "deaf"):
        former = home.hub.sessions["deaf"]
        former.unanswered = 1  # its pongs do not count in this test
        async with asyncio.timeout(2 * IN_TIME), dialled(Dialler(home.relays["deaf"].me), home.url):
            await home.until(lambda: home.hub.sessions["deaf"] is not former)


async def test_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a revocation, it is disconnected as well, and its plans count no longer once nobody waits for them."""
    monkeypatch.setattr(relay_stream, "UNREAD", 0.2)
    async with house(tmp_path) as home:
        async with deaf(home, "deaf"):
            assert home.hub.status().running == 4
            await home.until(lambda: not home.hub.sessions)
        assert home.hub.status().running == 0
