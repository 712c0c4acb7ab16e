"""Crowds on the control socket: relays keep their descriptors, and a command that is refused says why."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cli.doctor_checks import check_hub
from bot.cli.hub import run_hub
from bot.errors import UsageError
from bot.relays.hub import control_connections
from bot.relays.hub.control_connections import BUSY, ControlConnections
from bot.relays.hub.control_socket import ControlSocket, controlled
from bot.relays.hub.messages import PlanLost, RelayStatus
from bot.relays.remote import RemoteRelay
from probes.protocol.failures import Failure
from probes.protocol.model import USER_NETWORK
from probes.protocol.order import SignedPlan
from tests.hub.hub_fixture import PLAN, House, house
from tests.hub.scripted_relay import Dialler, dialled, well

MOST = 2
REASON = BUSY.format(MOST)


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as home:
        yield home


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.sock"


@pytest_asyncio.fixture
async def connections(
    home: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ControlConnections]:
    """A control socket with few places; all counts are zero at the end."""
    monkeypatch.setattr(control_connections, "most_connections", lambda part: MOST)
    async with controlled(home.hub, path) as connections:
        yield connections
        await home.until(lambda: not (connections._all or len(connections.silent)))
        assert not connections.requests
        assert not connections.silent._by_transport


def connect(path: Path, stack: ExitStack) -> socket.socket:
    connection = stack.enter_context(socket.socket(socket.AF_UNIX))
    connection.connect(str(path))
    connection.setblocking(False)
    return connection


async def test_silent_crowd(home: House, path: Path, connections: ControlConnections) -> None:
    """Connections that ask nothing hold few descriptors; a relay connects, and a request is answered."""
    relay = await home.new("acme-hq")
    before = _descriptors()
    with ExitStack() as stack:
        crowd = [connect(path, stack) for _ in range(20 * MOST)]
        await home.until(lambda: _is_closed(crowd[-MOST - 1]))
        assert _descriptors() == before + len(crowd) + MOST
        assert not _is_closed(crowd[-1])
        async with asyncio.timeout(5), dialled(relay, home.url):
            assert (await ControlSocket(path).hub()).connected == 1


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


async def test_too_many_requests(
    home: House,
    path: Path,
    connections: ControlConnections,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The plans that run go on; a further plan, and each command that asks the hub, are refused with the reason."""
    proceed, running = asyncio.Event(), asyncio.Semaphore(0)

    async def answer(relay: Dialler, order: SignedPlan) -> None:
        running.release()
        await proceed.wait()
        await well(relay, order)

    async def run() -> set[tuple[Failure | None, str]]:
        async with RemoteRelay("acme-hq", hub, home.signer).run(PLAN) as coming:
            return {(one.failure, str(one.facts.get("because", ""))) async for one in coming}

    hub = ControlSocket(path)
    monkeypatch.setenv("LINEMAN_HUB_SOCKET", str(path))
    async with dialled(await home.new("acme-hq", answer=answer), home.url):
        plans = [asyncio.create_task(run()) for _ in range(MOST)]
        for _ in plans:
            await running.acquire()
        assert await run() == {(Failure.RELAY_LOST, REASON)}
        health = await home.hub.relay("acme-hq")
        assert health
        job = RemoteRelay("acme-hq", hub, home.signer).sign(PLAN, health)
        async with hub.run(job) as events:
            assert [event async for event in events] == [PlanLost(job.plan, REASON)]
        with pytest.raises(UsageError, match=f"^The hub cannot answer now: {REASON}. Try again soon.$"):
            await asyncio.to_thread(run_hub, ["status"])
        found = ("problem", f"The hub cannot answer now: {REASON}.", "Try again soon.")
        assert await check_hub(os.environ) == found
        proceed.set()
        assert await asyncio.gather(*plans) == [{(None, "")}] * MOST
        await home.until(lambda: not connections.requests)
        assert await run() == {(None, "")}
    assert "refused requests on the control socket: 2 were in progress" in caplog.messages


async def test_answer_that_nobody_reads(
    home: House,
    path: Path,
    connections: ControlConnections,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A connection whose answer is not read is closed."""
    monkeypatch.setattr(control_connections, "UNREAD", 0.02)
    status = RelayStatus("acme-hq", "k" * 44, "s" * 44, USER_NETWORK, True, True, 1.0)

    async def relays() -> tuple[RelayStatus, ...]:
        return (status,) * 3_000

    home.hub.relays = relays  # type: ignore[method-assign]  # enrolling them takes longer than the rest
    with ExitStack() as stack:
        connect(path, stack).sendall(b'{"op":"relays"}\n')
        await home.until(lambda: bool(caplog.messages))
    assert caplog.messages == ["closed control-socket connections that asked nothing, or read no answer"]
