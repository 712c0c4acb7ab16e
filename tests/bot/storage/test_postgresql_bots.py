"""Several bots on one PostgreSQL database: each request and each run belongs to exactly one live bot."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

import pytest
import pytest_asyncio

from bot.errors import UsageError
from bot.model.records import InboxRow, PostRow
from bot.storage import postgresql_bots
from bot.storage.address import PostgresAddress
from bot.storage.claims import Claims, register, release
from bot.storage.postgresql import PostgresDatabase, lock_key
from bot.storage.postgresql_bots import Peers, join_bots, new_bot
from bot.storage.store import Store
from tests.bot.storage.test_postgresql import server_address
from tests.bot.storage.test_store import CASE, RUN
from tests.postgresql import PostgresServer

SOON: Final = 10.0  # seconds; a busy machine may take long
FIRST: Final = PostRow(RUN.id, RUN.id, "T1", "C1", "", {"state": "running"})


@dataclass
class OneBot:
    """A bot's store, and what it hears of the others."""

    store: Store
    peers: Peers
    id: int
    address: PostgresAddress

    async def picked(self) -> list[tuple[str, bool]]:
        """Pick up until there is something; gives the ids of requests, each with whether nobody has begun it."""
        async with asyncio.timeout(SOON):
            while not (found := await self.store.pick_up())[0]:
                await self.peers.news(0.05)
        return [(row.event, fresh) for row, fresh in found[0]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch so often that no test waits."""
    monkeypatch.setattr(postgresql_bots, "WATCH", 0.02)
    monkeypatch.setattr(postgresql_bots, "AGAIN", 0.02)


@pytest.fixture
def address(postgres: PostgresServer) -> PostgresAddress:
    return server_address(postgres.database())


@asynccontextmanager
async def a_bot(address: PostgresAddress) -> AsyncIterator[OneBot]:
    bot = new_bot()
    store = Store.open(address, claims=Claims(bot))
    async with join_bots(address, bot, lost=lambda: pytest.fail("taken over")) as peers:
        yield OneBot(store, peers, bot, address)
    await store.close()


@pytest_asyncio.fixture
async def bots(address: PostgresAddress) -> AsyncIterator[tuple[OneBot, OneBot]]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(a_bot(address))
        yield first, await stack.enter_async_context(a_bot(address))


def asked(event: str, thread: str = "", channel: str = "C1", **said: str) -> InboxRow:
    asker = {"user": "U1", "channel": channel, "thread": thread}
    turn = f"thread {channel} {thread}" if thread else ""
    return InboxRow("T1", event, "message", asker, {"text": "x", **said}, turn, f"9.{event}")


async def dead_bot(address: PostgresAddress) -> int:
    """Leave a request, a run, and a thread of a bot that is killed: its lock is gone with its session."""
    db, bot = PostgresDatabase(address), new_bot()
    register(db, bot, 1.0)
    db.close()
    store = Store.open(address, claims=Claims(bot))
    await store.open_case(CASE)
    await store.start_run(RUN, None, FIRST)
    await store.bind_thread(CASE.id, "C1", "5.0")
    assert await store.take_in(asked("left", "5.0"))
    await store.close()
    return bot


async def test_delivery_that_reaches_both_is_claimed_once(bots: tuple[OneBot, OneBot]) -> None:
    """Of a hundred deliveries that reach both bots at once, each is stored once, for the bot that answers it."""
    one, two = bots
    rows = [asked(f"e{number}") for number in range(100)]
    mine = await asyncio.gather(*(one.store.take_in(row) for row in rows), *map(two.store.take_in, rows))
    assert [a + b for a, b in zip(mine[:100], mine[100:], strict=True)] == [1] * 100
    own = [{row.event for row in await bot.store.taken_in()} for bot in bots]
    assert own[0] == {row.event for row, taken in zip(rows, mine, strict=False) if taken}
    assert own[0] | own[1] == {row.event for row in rows}
    assert not own[0] & own[1]


async def test_thread_stays_with_its_bot(bots: tuple[OneBot, OneBot]) -> None:
    """What the other bot receives in a thread is handed over, with the trigger, which is not stored."""
    one, two = bots
    assert await one.store.take_in(asked("a", "5.0"))
    passing = {"response_url": "https://slack.example/x", "trigger": "t", "age": 0.1}
    assert not await two.store.take_in(asked("b", "5.0"), None, passing)
    assert await two.store.take_in(asked("c", "6.0"))
    assert await two.store.pick_up() == ([], [], [])
    notes = list[object]()
    async with asyncio.timeout(SOON):
        while not notes:
            notes += await one.peers.news(SOON)
    assert notes == [{"team": "T1", "event": "b", **passing}]
    assert await one.picked() == [("b", True)]
    assert [row.event for row in await one.store.taken_in()] == ["a", "b"]


async def test_request_to_a_bot_that_was_taken_over(
    bots: tuple[OneBot, OneBot], address: PostgresAddress
) -> None:
    """A bot that does not know yet that others do its work stores what it accepts for them."""
    one, two = bots
    db = PostgresDatabase(address)
    release(db, one.id)
    db.close()
    assert not await one.store.take_in(asked("a", "5.0"))
    assert await one.store.taken_in() == ()
    assert await two.picked() == [("a", True)]


async def test_direct_messages_of_one_person_stay_together(bots: tuple[OneBot, OneBot]) -> None:
    """There, any message may begin a thread, and a follow-up refers to the last question of all."""
    assert await bots[0].store.take_in(asked("a", "5.0", "D7"))
    assert not await bots[1].store.take_in(asked("b", "", "D7"))


async def test_press_goes_where_the_run_is(bots: tuple[OneBot, OneBot]) -> None:
    """A Stop button finds the bot that executes its run, also before the run has a thread."""
    one, two = bots
    await one.store.open_case(CASE)
    await one.store.start_run(RUN)
    assert not await two.store.take_in(asked("stop", "7.0", run=RUN.id, case=CASE.id))
    assert await one.picked() == [("stop", True)]
    assert await two.store.take_in(asked("a command in the same channel"))
    ((case, run),) = await two.store.running_elsewhere("T1")
    assert (case.id, run.id) == (CASE.id, RUN.id)
    assert await one.store.running_elsewhere("T1") == ()
    await one.store.bind_thread(CASE.id, "C1", "5.0")
    await one.store.finish_run(RUN.id, "done")
    assert not await two.store.take_in(asked("later", "5.0"))
    assert not await two.store.take_in(asked("from a form", "", "", case=CASE.id))


async def test_run_that_was_taken_over(bots: tuple[OneBot, OneBot]) -> None:
    """A bot that was cut off for so long that another one has its run cannot end it any more."""
    one, two = bots
    await one.store.open_case(CASE)
    await one.store.start_run(RUN, None, FIRST)
    await two.store._writer.run(lambda db: release(db, one.id))  # as the others do when it is gone
    assert not await one.store.finish_run(RUN.id, "lost")
    assert [run.id for run in (await two.store.pick_up())[1]] == [RUN.id]
    assert not await one.store.finish_run(RUN.id, "lost")
    assert await two.store.finish_run(RUN.id, "done")


async def test_outbox_of_a_run_has_one_bot(bots: tuple[OneBot, OneBot]) -> None:
    """Only the bot of a run sends what the run owes; the other's addition changes that bot's message."""
    one, two = bots
    await one.store.open_case(CASE)
    await one.store.start_run(RUN, None, FIRST)
    await two.store.owe(replace(FIRST, payload={"state": "done"}))
    assert [post.version for post in await one.store.due()] == [2]
    assert await two.store.due() == ()
    assert await two.store.pick_up() == ([], [], [])
    outside = Store.open(one.address)  # where the page of check links is served
    await outside.owe(replace(FIRST, key="link x", run=""))
    await outside.close()
    assert await two.store.pick_up() == ([], [], ["link x"])
    assert await one.store.pick_up() == ([], [], [])
    assert [post.key for post in await two.store.due()] == ["link x"]
    assert [run.id for run in await one.store.unfinished()] == [RUN.id]
    assert await two.store.unfinished() == ()


async def test_bot_that_is_killed_is_taken_over_once(
    address: PostgresAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its request, its run, and what the run owes go to one of the others, and its thread to the same one."""
    monkeypatch.setattr(postgresql_bots, "GRACE", 0.1)
    await dead_bot(address)
    async with a_bot(address) as one, a_bot(address) as two:
        found = list[tuple[int, str, bool]]()
        runs = list[tuple[int, str]]()
        async with asyncio.timeout(SOON):
            while not (found and runs):
                for bot in (one, two):
                    await bot.peers.news(0.02)
                    requests, picked, _ = await bot.store.pick_up()
                    found += [(bot.id, row.event, fresh) for row, fresh in requests]
                    runs += [(bot.id, run.id) for run in picked]
        ((holder, event, fresh),) = found
        assert (event, fresh) == ("left", False)
        assert [run for _, run in runs] == [RUN.id]
        due = [await bot.store.due() for bot in (one, two)]
        assert sorted(map(len, due)) == [0, 1]
        other = two if holder == one.id else one
        assert not await other.store.take_in(asked("next", "5.0"))


async def test_bot_is_not_gone_at_once(address: PostgresAddress) -> None:
    """A bot without its lock may only have lost its connection, so the others wait."""
    await dead_bot(address)
    async with a_bot(address) as one:
        ends = time.monotonic() + 0.2  # ten looks
        while time.monotonic() < ends:
            await one.peers.news(0.02)
            assert await one.store.pick_up() == ([], [], [])


async def test_bot_that_stops_frees_everything(address: PostgresAddress) -> None:
    """The next one has it at once, and in the order in which it came."""
    async with a_bot(address) as one:
        for number in range(120):
            assert await one.store.take_in(asked(f"e{number}", f"{number % 7}.0"))
    async with a_bot(address) as two, a_bot(address) as three:
        got: dict[int, list[str]] = {two.id: [], three.id: []}
        async with asyncio.timeout(SOON):
            while sum(map(len, got.values())) < 120:
                for bot in (two, three):
                    requests, _, _ = await bot.store.pick_up()
                    got[bot.id] += [row.event for row, _ in requests]
        everything = sorted(event for events in got.values() for event in events)
        assert everything == sorted(f"e{number}" for number in range(120))
        threads = [{int(event[1:]) % 7 for event in events} for events in got.values()]
        assert not threads[0] & threads[1]
        for events in got.values():
            assert events == sorted(events, key=lambda event: int(event[1:]))


async def test_bot_that_may_have_lost_its_claims(
    postgres: PostgresServer, address: PostgresAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that no longer reaches the server knows it before another one can take over."""
    monkeypatch.setattr(postgresql_bots, "SURE", 0.5)
    name = address.url.partition("?")[0].rpartition("/")[2]
    async with a_bot(address) as bot, asyncio.timeout(SOON):
        for away in (True, False):
            assert bot.peers.holds() == away
            postgres.command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {str(not away).lower()}")
            postgres.command(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            while bot.peers.holds() == away:
                await bot.peers.news(0.02)


async def test_bots_outlive_their_connections(
    postgres: PostgresServer, address: PostgresAddress, bots: tuple[OneBot, OneBot]
) -> None:
    """After the server has ended all connections, each bot still has what it claimed."""
    one, two = bots
    assert await one.store.take_in(asked("a", "5.0"))
    for _ in range(5):
        postgres.disconnect(address.url)
        assert await two.store.pick_up() == ([], [], [])
        assert not await two.store.take_in(asked(f"b{time.monotonic_ns()}", "5.0"))
        await one.picked()
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
    async with asyncio.timeout(SOON):
        while postgres.command(held, address.url)[0][0] < 2:  # noqa: ASYNC110 - the server sets no event
            await asyncio.sleep(0.01)
    assert len(postgres.command("SELECT 1 FROM bots", address.url)) == 2


async def test_bot_that_others_took_over_ends(postgres: PostgresServer, address: PostgresAddress) -> None:
    """A bot that was cut off for too long finds itself deleted, and may not change anything any more."""
    ended, bot, loop = asyncio.Event(), new_bot(), asyncio.get_running_loop()
    Store.open(address)
    async with join_bots(address, bot, lost=lambda: loop.call_soon_threadsafe(ended.set)):
        postgres.command("DELETE FROM bots", address.url)
        postgres.disconnect(address.url)
        async with asyncio.timeout(SOON):
            await ended.wait()


def test_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not shut down in order, because that would post messages about runs of others."""
    codes = list[int]()
    monkeypatch.setattr(os, "_exit", codes.append)
    postgresql_bots._end()
    assert codes == [1]


async def test_older_version_has_the_database_for_itself(address: PostgresAddress) -> None:
    """A bot of an older version claims nothing, so nobody joins it."""
    older = PostgresDatabase(address)
    assert older.execute("SELECT pg_try_advisory_lock(?)", (lock_key("bot"),)).fetchone()[0]
    with pytest.raises(UsageError, match=f"Another bot uses {address}, and the two cannot share it"):
        async with join_bots(address, new_bot(), patience=0.05):
            pass
    older.close()
    async with join_bots(address, new_bot()):
        again = PostgresDatabase(address)
        assert not again.execute("SELECT pg_try_advisory_lock(?)", (lock_key("bot"),)).fetchone()[0]
        again.close()


async def test_bot_that_is_to_be_alone(
    postgres: PostgresServer, address: PostgresAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the others, they wait for it, and it ends if another one took its place while it was cut off."""
    monkeypatch.setattr(postgresql_bots, "GRACE", 0.1)
    async with a_bot(address):
        with pytest.raises(UsageError, match="one has LINEMAN_BOTS=one"):
            async with join_bots(address, new_bot(), alone=True, patience=0.05):
                pass
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    async with join_bots(
        address, new_bot(), alone=True, lost=lambda: loop.call_soon_threadsafe(ended.set)
    ) as first:
        with pytest.raises(UsageError, match="Another bot uses"):
            async with join_bots(address, new_bot(), patience=0.05):
                pass
        monkeypatch.setattr(first._session, "_take", lambda: False)  # the server is faster with the other one
        postgres.disconnect(address.url)
        async with join_bots(address, new_bot(), alone=True), asyncio.timeout(SOON):
            await ended.wait()


async def test_what_an_older_version_left_is_taken(address: PostgresAddress) -> None:
    """It has no claims, and belongs to the first bot that starts."""
    older = Store.open(address)
    await older.open_case(CASE)
    await older.start_run(RUN, None, FIRST)
    assert await older.take_in(asked("left"))
    await older.close()
    async with a_bot(address) as bot:
        requests, runs, _ = await bot.store.pick_up()
        assert [(row.event, fresh) for row, fresh in requests] == [("left", False)]
        assert [run.id for run in runs] == [RUN.id]
        assert [post.key for post in await bot.store.due()] == [RUN.id]


async def test_bot_joins_while_another_one_answers(
    address: PostgresAddress, bots: tuple[OneBot, OneBot]
) -> None:
    """Requests that end at that moment are no trouble for a bot that starts."""
    ended = asyncio.Event()

    async def answer(bot: OneBot) -> None:
        number = 0
        while not ended.is_set():
            number += 1
            await bot.store.take_in(asked(f"{bot.id} {number}"))
            await bot.store.let_go("T1", f"{bot.id} {number}")

    answering = [asyncio.create_task(answer(bot)) for bot in bots]
    for _ in range(20):
        async with join_bots(address, new_bot()):
            pass
    ended.set()
    await asyncio.gather(*answering)
