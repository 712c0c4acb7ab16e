"""Connections of strangers to an HTTP server: limited in number and time, and health checks get in."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot import http_server
from bot.connection_limits import stranger_group
from bot.http_server import HttpConnection, HttpConnections, HttpServer, open_server

HOST, MOST, PER_ADDRESS = "127.0.0.1", 8, 2
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
LIMIT = 5.0  # seconds that anything may take here

Connect = Callable[..., Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Pages:
    """A health check, a page that lasts until `proceed`, and one that is too large for all buffers."""

    def __init__(self) -> None:
        self.begun, self.proceed = asyncio.Event(), asyncio.Event()
        self.pages = web.Application()
        for name in ("healthz", "slow", "large"):
            self.pages.router.add_get(f"/{name}", getattr(self, name))

    async def healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="alive")

    async def slow(self, _: web.Request) -> web.Response:
        self.begun.set()
        await self.proceed.wait()
        return web.Response(text="done")

    async def large(self, _: web.Request) -> web.Response:
        return web.Response(body=bytes(50_000_000))


@pytest_asyncio.fixture
async def pages() -> Pages:
    return Pages()


@pytest_asyncio.fixture
async def server(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpServer]:
    """The pages with few places. The addresses of loopback count as those of strangers, except 127.0.0.1."""
    monkeypatch.setattr(http_server, "most_connections", lambda: MOST)
    monkeypatch.setattr(http_server, "stranger_group", lambda peer: "" if peer == HOST else peer)
    server = await open_server(pages.pages, HOST, 0, logging.getLogger("strangers"))
    yield server
    await server.close()
    await until(lambda: not len(server.connections))
    assert not server.connections._groups


@pytest_asyncio.fixture
async def connect(server: HttpServer) -> AsyncIterator[Connect]:
    writers: list[asyncio.StreamWriter] = []

    async def connect(address: str, sent: bytes = b"") -> Any:
        """Connect from *address*, send something, and wait until the server has accepted."""
        before = set(server.connections._open)
        found = await asyncio.open_connection(HOST, server.port, local_addr=(address, 0))
        writers.append(found[1])
        found[1].write(sent)
        await until(lambda: not set(server.connections._open) <= before)
        return found

    yield connect
    for writer in writers:
        writer.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)


async def is_open(reader: asyncio.StreamReader) -> bool:
    """Whether the server has not closed a connection; what it closes, it closes before it answers the next one."""
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(0.02):
            await reader.read(1)
        return False
    return not reader.at_eof() and reader.exception() is None


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str = "healthz") -> bytes:
    writer.write(GET.replace(b"healthz", path.encode()) + b"\r\n")
    async with asyncio.timeout(LIMIT):
        head = await reader.readuntil(b"\r\n\r\n")
        return head.partition(b"\r\n")[0] + b" " + await reader.readexactly(len(head) and _length(head))


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


async def test_one_address(connect: Connect, server: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    """It closes its own oldest connections, nobody else's, and leaves one line in the log."""
    other = await connect("127.0.0.3")
    crowd = [await connect("127.0.0.2") for _ in range(12)]
    assert [await is_open(reader) for reader, _ in crowd] == [False] * 10 + [True] * 2
    assert await answer(*other) == b"HTTP/1.1 200 OK alive"
    assert [record.getMessage() for record in caplog.records] == [
        "closed HTTP connections: one address had too many"
    ]


async def test_many_addresses(connect: Connect, server: HttpServer) -> None:
    """The one whose last step was the longest ago makes room: a health check gets in."""
    first = await connect("127.0.0.2")
    for number in range(3, 3 + MOST - 1):
        await connect(f"127.0.0.{number}")
    assert await answer(*first) == b"HTTP/1.1 200 OK alive"
    for number in range(20, 20 + MOST - 1):
        assert await answer(*await connect(f"127.0.0.{number}")) == b"HTTP/1.1 200 OK alive"
    assert len(server.connections) == MOST
    assert await is_open(first[0])


async def test_request_in_progress(connect: Connect, pages: Pages) -> None:
    """It is not closed for connections that wait."""
    reader, writer = await connect("127.0.0.2")
    asking = asyncio.create_task(answer(reader, writer, "slow"))
    await pages.begun.wait()
    for number in range(3 * MOST):
        await connect(f"127.0.0.{number % 7 + 2}")
    pages.proceed.set()
    assert await asking == b"HTTP/1.1 200 OK done"


async def test_proxy(connect: Connect) -> None:
    """The address of a proxy may have all places, and keep connections that say nothing."""
    opened = [await connect(HOST) for _ in range(MOST)]
    for found in opened:
        assert await answer(*found) == b"HTTP/1.1 200 OK alive"


@pytest.mark.parametrize("address", [HOST, "127.0.0.2"])
@pytest.mark.parametrize("before", [b"", GET + b"\r\n"])
async def test_headers_without_an_end(
    connect: Connect, address: str, before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They end the connection, behind a proxy and after another request, too."""
    monkeypatch.setattr(http_server, "PATIENCE", 0.05)
    reader, writer = await connect(address)
    if before:
        await answer(reader, writer)
    writer.write(GET)
    async with asyncio.timeout(LIMIT):
        with suppress(ConnectionError):
            assert await reader.read() == b""


async def test_silence(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger who says nothing is disconnected after `PATIENCE`, a proxy's connection stays."""
    monkeypatch.setattr(http_server, "PATIENCE", 0.05)
    proxy, (reader, _) = await connect(HOST), await connect("127.0.0.2")
    async with asyncio.timeout(LIMIT):
        with suppress(ConnectionError):
            assert await reader.read() == b""
    assert await answer(*proxy) == b"HTTP/1.1 200 OK alive"


async def test_answer_that_nobody_reads(
    connect: Connect, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends the connection."""
    monkeypatch.setattr(http_server, "PATIENCE", 0.05)
    _, writer = await connect("127.0.0.2", GET.replace(b"healthz", b"large") + b"\r\n")
    await until(lambda: not len(server.connections))
    writer.close()


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:10.0.0.1", ""),
        ("fe80::1%eth0", ""),
        ("127.0.0.1", ""),
        ("no address", ""),
    ],
)
def test_stranger_group(address: str, group: str) -> None:
    """A /64 counts as one address; what may be a proxy's counts as none."""
    assert stranger_group(address) == group


class Line:
    """A transport that is closed at once."""

    def __init__(self) -> None:
        self.is_open = True

    def abort(self) -> None:
        self.is_open = False


class Connections(RuleBasedStateMachine):
    """The connections beside a plain list of what is really open, the longest without a step first."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = HttpConnections(4, 2, logging.getLogger("strangers"))
        self.all: list[tuple[Line, HttpConnection]] = []
        self.endless: list[AbstractContextManager[None]] = []  # requests in progress

    @property
    def open(self) -> list[tuple[Line, HttpConnection]]:
        return [item for item in self.all if item[0].is_open]

    @rule(address=st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::/64", ""]))
    def enter(self, address: str) -> None:
        line, connection = Line(), HttpConnection(asyncio.Protocol(), self.connections)
        connection._transport, connection.group = line, address  # type: ignore[assignment]  # it is only closed
        same = [item for item in self.open if item[1].group == address]
        crowd = same if address and len(same) == 2 else self.open if len(self.open) == 4 else []
        victim = next((item for item in crowd if not item[1].is_busy), next(iter(crowd), None))
        before = self.open
        self.connections.enter(connection, line)  # type: ignore[arg-type]  # as above
        assert [item for item in before if not item[0].is_open] == ([victim] if victim else [])
        self.all = [*self.open, (line, connection)]

    @rule(which=st.integers(0, 3), ends=st.booleans())
    def ask(self, which: int, ends: bool) -> None:
        if self.open:
            item = self.open[which % len(self.open)]
            asking = self.connections.in_progress(item[0])  # type: ignore[arg-type]  # as above
            asking.__enter__()
            if ends:
                asking.__exit__(None, None, None)
            else:
                self.endless.append(asking)
            self.all = [*(other for other in self.all if other is not item), item]

    @rule(which=st.integers(0, 3))
    def close(self, which: int) -> None:
        if self.open:
            self.open[which % len(self.open)][1].connection_lost(None)
            gone = [item for item in self.open if item[1] not in self.connections._open]
            for line, _ in gone:
                line.is_open = False

    @invariant()
    def counts_are_what_is_open(self) -> None:
        assert list(self.connections._open) == [connection for _, connection in self.open]
        grouped = [connection for group in self.connections._groups.values() for connection in group]
        assert sorted(map(id, grouped)) == sorted(id(connection) for _, connection in self.open)
        assert len(self.connections._by_transport) == len(self.open)
        assert all(self.connections._groups.values())


TestConnections = Connections.TestCase
TestConnections.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
