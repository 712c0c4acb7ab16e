"""How often PostgreSQL is waited for: on another machine, each time costs more than the work."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.storage.address import parse_database
from bot.storage.audit_table import AuditEntry
from bot.storage.postgresql import psycopg
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from tests.postgresql import PostgresServer

PLAN = AuditEntry("plan-1", 1.0, "acme-hq", "T1/U1", "31009 ios")


class CountingProxy:
    """Passes everything on to a server, and counts how often a client sends something after an answer."""

    def __init__(self, server: Path) -> None:
        self.server, self.round_trips = server, 0
        self.connections: list[asyncio.Task[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(asyncio.create_task(self._pass_on(reader, writer)))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_unix_connection(self.server)
        has_answered = True

        async def answer() -> None:
            nonlocal has_answered
            while data := await answers.read(65_536):
                has_answered = True
                writer.write(data)

        answering = asyncio.create_task(answer())
        while data := await reader.read(65_536):
            self.round_trips += has_answered
            has_answered = False
            requests.write(data)
        await answering  # the server closes its end
        for end in (writer, requests):
            end.close()
            await end.wait_closed()


@pytest_asyncio.fixture
async def counted(
    postgres: PostgresServer, tmp_path: Path
) -> AsyncIterator[tuple[RelayRegistry, CountingProxy]]:
    proxy, socket = CountingProxy(Path(postgres.folder, ".s.PGSQL.5432")), ".s.PGSQL.5432"
    async with await asyncio.start_unix_server(proxy.accept, tmp_path / socket):
        url = postgres.database().replace(str(postgres.folder), str(tmp_path))
        registry = await asyncio.to_thread(RelayRegistry.open, parse_database(url))
        await registry.invite(RegisteredRelay("acme-hq", None), time.time())
        yield registry, proxy
        await registry.close()
        await asyncio.gather(*proxy.connections)


@pytest.mark.parametrize(("has_pipeline", "trips"), [(True, 2), (False, 4)])
async def test_plan(
    counted: tuple[RelayRegistry, CountingProxy],
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_pipeline: bool,
    trips: int,
) -> None:
    """Each write of a plan waits twice: for its statement, and for the commit. An older libpq waits four times."""
    registry, proxy = counted
    monkeypatch.setattr(psycopg.Pipeline, "is_supported", lambda: has_pipeline)

    async def count(work: Callable[[], Awaitable[object]], result: object) -> int:
        before = proxy.round_trips
        assert await work() == result
        return proxy.round_trips - before

    assert await count(lambda: registry.begin(PLAN), True) == trips
    assert await count(lambda: registry.begin(PLAN), False) == trips
    assert await count(lambda: registry.end(PLAN.plan, "finished"), None) == trips
    assert await count(lambda: registry.invited("none"), "") == 1
    assert [entry.outcome for entry in await registry.audit()] == ["finished"]
