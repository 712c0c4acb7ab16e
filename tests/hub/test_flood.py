"""Strangers who connect and say nothing, or say something else: relays stay connected, and plans run."""

import asyncio
import json
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from bot.relays.hub.settings import read_hub_settings
from tests.bot.small_world import SmallWorld, small_world
from tests.hub.flooding_process import GARBAGE, NOTHING_PROVED, send_garbage
from tests.hub.processes import Town, town
from tests.turnserver import Coturn

DESCRIPTORS = 512
SILENT = 600
SILENT_IN_TLS = 100
HASTY = 5_000 if os.environ.get("LINEMAN_FLOOD") == "full" else 500


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(
        tmp_path, hub_wrap=lambda argv: ["prlimit", f"--nofile={DESCRIPTORS}", *argv], **_address()
    ) as here:
        here.start_hub()
        here.join("acme-hq")
        here.start_relay("acme-hq")
        here.until(lambda: "acme-hq" in here.connected())
        yield here


def _address() -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {"url": f"wss://127.0.0.1:{port}/relay", "listen": f"127.0.0.1:{port}"}


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    (tmp_path / "world").mkdir()
    async with small_world(tmp_path / "world", turn_server) as world:
        yield world


async def test_silent_and_hasty_connections(here: Town, world: SmallWorld) -> None:
    """More connections than descriptors to each socket, and many that leave at once: relays stay, the log is short."""
    host, port = here.listen.split(":")
    words = ("diagnose", "31009", "javascript", "--relay", "acme-hq", "--network", world.network(), "--json")
    before = here.log("hub")
    async with AsyncExitStack() as stack:
        for _ in range(SILENT):
            await _silent(stack, host, int(port), None)
            _ask_nothing(stack, read_hub_settings(here.environment).socket)
        status = json.loads((await asyncio.to_thread(here.lineman, "hub", "status", "--json")).stdout)
        assert 0 < status["waiting"] <= DESCRIPTORS / 4
        assert status["connected"] == 1
        for _ in range(SILENT_IN_TLS):
            await _silent(stack, host, int(port), NOTHING_PROVED)
        for number in range(HASTY):
            await asyncio.to_thread(send_garbage, host, int(port), GARBAGE[number % len(GARBAGE)])
        done = await asyncio.to_thread(here.lineman, *words)
        assert done.returncode == 1, done.stdout + done.stderr + here.log("hub")[-2000:]
        assert json.loads(done.stdout)["relay"]["name"] == "acme-hq"
        status = json.loads((await asyncio.to_thread(here.lineman, "hub", "status", "--json")).stdout)
        assert (status["connected"], status["running"], status["failing"]) == (1, 0, [])
    log = here.log("hub").removeprefix(before)
    assert len(log.encode()) < 20_000
    assert "Traceback" not in log
    assert "relay acme-hq" not in log  # it neither left nor came back, and nobody wrote that line for it
    await asyncio.to_thread(
        here.until, lambda: '"waiting":0' in here.lineman("hub", "status", "--json").stdout
    )


async def _silent(stack: AsyncExitStack, host: str, port: int, context: ssl.SSLContext | None) -> None:
    """Open a connection that says nothing, with TLS or without; the hub may refuse it."""
    with suppress(OSError):
        async with asyncio.timeout(2):
            transport, _ = await asyncio.get_running_loop().create_connection(
                asyncio.Protocol, host, port, ssl=context
            )
            stack.callback(transport.abort)


def _ask_nothing(stack: AsyncExitStack, path: Path) -> None:
    """Open a connection to the control socket."""
    connection = stack.enter_context(socket.socket(socket.AF_UNIX))
    connection.connect(str(path))
