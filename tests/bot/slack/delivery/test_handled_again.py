"""PostgreSQL is away while a request is handled: it is handled again, and nothing that was done is done twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from bot.model.records import CaseRow
from bot.rendering.blocks.notices import note
from bot.slack.api.post_update import post
from bot.slack.delivery import inbox, step_results
from bot.slack.runs.recovery import take_up
from bot.storage import postgresql_sessions, until_stored
from bot.storage.database import RequestGoneError, StoreError
from bot.storage.postgresql import PostgresDatabase, psycopg
from bot.storage.store import Store
from tests.bot.slack.conftest import Here, open_app
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.workflows import run_step
from tests.postgresql import PostgresServer
from tests.previews.samples import SIGNALING_SHUT

DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"


@dataclass
class Away:
    """A database that can be cut off, and a bot on it that may have others beside it."""

    here: Here
    server: PostgresServer
    url: str

    def cut(self) -> None:
        name = self.url.partition("?")[0].rpartition("/")[2]
        self.server.command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.server.command(DISCONNECT.format(name))

    def mend(self) -> None:
        name = self.url.partition("?")[0].rpartition("/")[2]
        self.server.command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await asyncio.to_thread(self.server.command, sql, self.url)

    async def settled(self, *, left: float = 0.0) -> None:
        """Wait until nothing is in the inbox and no run is left; what nobody executes for *left* s is taken up."""
        sql = "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM runs WHERE status = 'running')"
        async with asyncio.timeout(30):
            while await self.rows(sql) != [(0, 0)] or self.here.context.tasks.running(inbox.JOB):
                await take_up(self.here.context, left=left)
                await asyncio.sleep(0.05)
        await self.here.context.tasks.drain(10)


@pytest_asyncio.fixture
async def away(
    slack: FakeSlack, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Away]:
    monkeypatch.setattr(postgresql_sessions, "PATIENCE", 0.3)
    monkeypatch.setattr(inbox, "PAUSE", 0.05)
    slack.may_be_down = True
    url = postgres.database()
    async with open_app(slack, MadeUpRelay(SIGNALING_SHUT), url) as here:
        assert here.context.other_bots
        yield Away(here, postgres, url)


def before(
    monkeypatch: pytest.MonkeyPatch, what: type, name: str, do: Callable[[], None]
) -> list[asyncio.Event]:
    """Do something before the first call of a method; return an event for each call."""
    original: Callable[..., Awaitable[Any]] = getattr(what, name)
    calls: list[asyncio.Event] = []

    async def called(*values: Any, **named: Any) -> Any:
        calls.append(asyncio.Event())
        if len(calls) == 1:
            await asyncio.to_thread(do)
        return await original(*values, **named)

    monkeypatch.setattr(what, name, called)
    return calls


@pytest.mark.parametrize(
    "words", ["works on mobile data but not on office wifi, ios edge=frankfurt", "31009 ios"]
)
async def test_after_the_run_is_stored(away: Away, words: str) -> None:
    """A failure after the run is stored, while its first message is posted, starts no second one."""
    here, posting = away.here, asyncio.Event()
    here.slack.chaos.held["chat.postMessage"] = posting
    await here.slack.command(f"/diagnose {words}", here.user())
    await here.until(lambda: here.slack.records.made("chat.postMessage"), "the first message")
    away.cut()
    del here.slack.chaos.held["chat.postMessage"]
    posting.set()
    await here.until(lambda: not here.context.active_runs, "the run to wait for the database")
    away.mend()
    await away.settled()
    assert len(await away.rows("SELECT 1 FROM runs")) == 1
    assert len(await away.rows("SELECT 1 FROM cases")) == 1
    assert len([one for one in here.ours() if "Blocked" in one.text]) == 1
    assert here.slack.whispers() == []


async def test_counts_once(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is handled again, a request counts once in the limits, and a note about it is sent once."""
    here, limits = away.here, away.here.context.permissions._rate
    failing, opened = iter(range(limits.limits.user.count + 2)), Store.open_case

    async def open_case(self: Store, case: CaseRow) -> CaseRow:
        if next(failing, None) is not None:
            raise StoreError("the database failed")
        return await opened(self, case)

    monkeypatch.setattr(Store, "open_case", open_case)
    await here.slack.command(f"/diagnose 31009 ios my auth_token is {'0123456789abcdef' * 2}", here.user())
    await away.settled()
    assert next(failing, None) is None
    assert len(await away.rows("SELECT 1 FROM runs WHERE status = 'done'")) == 1
    left = limits._buckets[here.slack.team.id, here.user().id].left
    assert limits.limits.user.count - 1 <= left < limits.limits.user.count
    assert len([one for one in here.slack.whispers() if "removed something" in one.text]) == 1


async def test_run_that_may_be_stored(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """The COMMIT of a run arrives, but not its answer, and the server stays away: that run begins, and no other."""
    here, commit, lost = away.here, PostgresDatabase.commit, list[int]()

    def losing(self: PostgresDatabase) -> None:
        is_first = not lost and self.execute("SELECT 1 FROM runs").fetchone()
        commit(self)
        if is_first:
            lost.append(1)
            away.cut()
            self.connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(PostgresDatabase, "commit", losing)
    starts = before(monkeypatch, Store, "start_run", lambda: None)
    tries = before(monkeypatch, Store, "is_taken_in", lambda: None)
    await here.slack.command("/diagnose 31009 ios", here.user())
    await here.until(lambda: tries, "another attempt")
    away.mend()
    await away.settled()
    assert len(starts) == 1
    assert [row[0] for row in await away.rows("SELECT status FROM runs")] == ["done"]
    assert len([one for one in here.ours() if "Blocked" in one.text]) == 1
    assert here.slack.whispers() == []


async def test_second_run_of_a_request(away: Away) -> None:
    """If the look for the request came too early, the start of the run still finds that it has one already."""
    here = away.here
    await here.slack.command("/diagnose 31009 ios", here.user())
    await away.settled()
    (run,) = await here.context.store.finished(1)
    with pytest.raises(RequestGoneError):
        await here.context.store.start_run(replace(run, id="another"), ("T1", "E1"), is_stored=True)
    assert len(await away.rows("SELECT 1 FROM runs")) == 1


async def test_step_in_a_closed_channel(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its workflow has heard why it failed, a run is stored that another process would find."""
    here, seen = away.here, list[Any]()

    def look() -> None:
        seen.extend(away.server.command("SELECT status FROM runs", away.url))

    place = here.slack.channel()
    place.archived = True
    fail = step_results.fail

    async def failing(*values: Any) -> None:
        await asyncio.to_thread(look)
        await fail(*values)

    monkeypatch.setattr(step_results, "fail", failing)
    step = await run_step(here.slack, {"channel": place.id, "code": "31009"})
    await here.until(lambda: step.state == "failed", "the step to end")
    await away.settled(left=30.0)
    assert seen == [("running",)]
    assert await away.rows("SELECT status FROM runs") == [("failed",)]
    assert await away.rows("SELECT 1 FROM posts") == []
    assert len(here.slack.records.made("functions.completeError")) == 1


async def test_thread_of_a_message_that_waits(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows in the thread of a mention that is not stored yet waits for it, and belongs to its case."""
    here = away.here
    monkeypatch.setattr(until_stored, "FIRST_PAUSE", 1.0)
    away.cut()
    first = asyncio.create_task(here.slack.mention("31009 javascript", here.user()))
    await here.until(lambda: here.context.unstored, "the mention to wait")
    away.mend()
    top = next(one for one in here.slack.messages() if not one.bot)
    following = asyncio.create_task(here.slack.say("vpn yes", here.user(), top.channel, top.ts))
    await asyncio.gather(first, following)
    await here.until(lambda: not here.context.unstored, "the mention to be stored")
    await away.settled()
    ((request,),) = await away.rows("SELECT request FROM cases")
    assert json.loads(request)["told"] == {"vpn": "yes"}


async def test_posts_wait(away: Away) -> None:
    """A bot whose work another one may have taken over posts nothing until it knows; a private reply does not wait."""
    here, held = away.here, list[bool]()
    (workspace,) = here.context.workspaces._known.values()
    workspace = replace(workspace, holds=lambda: bool(held))
    await post(workspace, here.slack.channel().id, note("private"))
    posting = asyncio.create_task(post(workspace, here.slack.channel().id, note("public"), key="k"))
    done, _ = await asyncio.wait([posting], timeout=0.6)
    assert not done
    assert [one.text for one in here.ours()] == ["private"]
    held.append(True)
    await posting
    assert [one.text for one in here.ours()] == ["private", "public"]
