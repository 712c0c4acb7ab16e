"""A relay whose address other connections crowd, as behind the same NAT: it connects, and every limit holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.relays.hub.accept import PROOF, WaitingRoom
from bot.relays.hub.endpoint import ListenAddress
from probes.protocol.keys import Identity
from probes.protocol.messages import SUBPROTOCOL, Hello
from tests.hub.bench_hubs import make_certificate
from tests.hub.flooding_process import NOTHING_PROVED
from tests.hub.hub_fixture import NAME, House, house
from tests.hub.scripted_relay import Dialler, dialled

MOST, PER_ADDRESS = 9, 4
SOON = PROOF / 2  # seconds: a relay that gets in only when the others expire is too late


@pytest_asyncio.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A hub with TLS and few places; all counts are zero at the end."""
    monkeypatch.setattr("bot.relays.hub.hub.make_waiting_room", lambda: WaitingRoom(MOST, PER_ADDRESS))
    listen = ListenAddress(certificate=str(make_certificate(tmp_path)))
    async with house(tmp_path, listen=listen) as home:
        yield home
        room = home.hub.waiting
        await home.until(lambda: not len(room))
        assert not room._addresses
        assert not room._by_transport


class Line(asyncio.Protocol):
    """One end of a connection that sends nothing."""

    is_lost = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True


class Crowd:
    """Connections that hold their places: they send nothing more."""

    def __init__(self, home: House, stack: AsyncExitStack) -> None:
        self._home, self._stack = home, stack
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []  # they close when nothing refers to them
        self._port = int(home.url.rpartition(":")[2].partition("/")[0])

    async def connect(self, kind: str, address: str = "127.0.0.1") -> Line:
        if kind == "greeting":  # all that a stranger can do
            session = await self._stack.enter_async_context(aiohttp.ClientSession())
            socket = await session.ws_connect(self._home.url, protocols=(SUBPROTOCOL,), ssl=NOTHING_PROVED)
            self._sockets.append(socket)
            me = Identity.new()
            await Dialler(me, socket=socket).say(Hello(NAME, me.key, me.sealing, "test", ("tcp",)))
            return Line()
        context = NOTHING_PROVED if kind == "TLS" else None
        transport, line = await asyncio.get_running_loop().create_connection(
            Line, "127.0.0.1", self._port, ssl=context, local_addr=(address, 0)
        )
        self._stack.callback(transport.abort)
        return line


@pytest.mark.parametrize("kind", ["nothing", "TLS", "greeting"])
async def test_relay_connects(home: House, kind: str) -> None:
    """The oldest connection of the same address makes room for it, not one of another address."""
    relay, room = await home.new("acme-hq"), home.hub.waiting
    async with AsyncExitStack() as stack:
        crowd = Crowd(home, stack)
        neighbors = [await crowd.connect("nothing", "127.0.0.2") for _ in range(2)]
        for _ in range(2 * PER_ADDRESS):
            await crowd.connect(kind)
        await home.until(lambda: [len(own) for own in room._addresses.values()] == [2, PER_ADDRESS])
        async with asyncio.timeout(SOON), dialled(relay, home.url, NOTHING_PROVED):
            assert "acme-hq" in home.hub.sessions
            assert [len(own) for own in room._addresses.values()] == [2, PER_ADDRESS - 1]
        assert not any(line.is_lost for line in neighbors)


async def test_many_addresses(home: House) -> None:
    """A relay connects although other addresses hold all places; there are never more than the limit."""
    relay, room = await home.new("acme-hq"), home.hub.waiting
    async with AsyncExitStack() as stack:
        crowd = Crowd(home, stack)
        for number in range(2 * MOST):
            await crowd.connect("nothing", f"127.0.0.{2 + number % 6}")
            assert len(room) <= MOST
        await home.until(lambda: len(room) == MOST)
        async with asyncio.timeout(SOON), dialled(relay, home.url, NOTHING_PROVED):
            assert "acme-hq" in home.hub.sessions
