"""The database fails in the middle of a request or a run: there is still exactly one answer, without a restart."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from bot.slack.delivery import inbox
from bot.slack.runs.recovery import take_up
from bot.slack.state.active_run import ActiveRun
from bot.storage import connect, until_stored
from probes.protocol.metrics import DATABASE_ERRORS
from probes.protocol.tally import TALLY
from tests.bot.slack.conftest import Here, open_app
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import SIGNALING_SHUT


@pytest_asyncio.fixture
async def here(slack: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Here]:
    """The app on a file, in any case."""
    monkeypatch.setattr(connect, "BUSY", 20)
    monkeypatch.setattr(until_stored, "FIRST_PAUSE", 0.05)
    async with open_app(slack, MadeUpRelay(SIGNALING_SHUT), str(tmp_path / "lineman.db")) as here:
        yield here


async def lock_during(here: Here, folder: Path, method: str, ask: Awaitable[object]) -> None:
    """Ask, lock the database before the first call of *method* returns, and unlock it after a failed write."""
    answer = here.slack.chaos.held[method] = asyncio.Event()
    await ask
    await here.until(lambda: here.slack.records.made(method), method)
    failed = _failed()
    with closing(sqlite3.connect(folder / "lineman.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        del here.slack.chaos.held[method]
        answer.set()
        await here.until(lambda: _failed() > failed, "a write that fails")


def _failed() -> int:
    return TALLY.counts().get((DATABASE_ERRORS, ""), 0)


async def results_of(here: Here, running: ActiveRun) -> None:
    """Wait until every result is stored."""
    while True:
        stored = await here.context.store.record(running.run.id)
        if stored and len(stored[1]["local"]) == running.total:
            return
        await asyncio.sleep(0.01)


async def test_answered_request(here: Here, tmp_path: Path) -> None:
    """A request whose answer was sent while nothing could be stored is not answered again."""
    await lock_during(
        here, tmp_path, "chat.postEphemeral", here.slack.mention("31009 from mars", here.user())
    )
    await inbox.retry(here.context, again=0.0)
    await here.until(lambda: not here.context.tasks.running(inbox.JOB))
    assert await here.context.store.taken_in() == ()
    assert len(here.slack.whispers()) == 1


async def test_run_that_had_just_begun(here: Here, tmp_path: Path) -> None:
    """A run whose first message was posted, and not stored, continues in that message, and its user gets no error."""
    await lock_during(
        here, tmp_path, "chat.postMessage", here.slack.command("/diagnose 31009 ios", here.user())
    )
    await here.until(lambda: not here.context.tasks.running(inbox.JOB))
    await take_up(here.context, left=0.0)
    assert "Blocked" in (await here.verdict()).text
    assert (len(here.ours()), here.slack.whispers()) == (1, [])
    assert await here.context.store.unfinished() == ()
    assert len(here.relay.plans) == 1


async def test_run_that_ends(here: Here, tmp_path: Path) -> None:
    """A run whose result cannot be stored keeps it until it can."""
    here.relay.pause = 0.05
    with closing(sqlite3.connect(tmp_path / "lineman.db")) as other:
        await here.slack.command("/diagnose 31009 ios", here.user())
        await here.until(lambda: here.relay.plans)
        (running,) = here.context.active_runs.values()
        other.execute("BEGIN IMMEDIATE")
        failed = _failed()
        await here.until(lambda: 0 < running.total == running.done and _failed() > failed + 1, "all checks")
    assert "Blocked" in (await here.verdict()).text
    await take_up(here.context, left=0.0)
    assert len(here.relay.plans) == 1


async def test_run_that_has_ended(here: Here, tmp_path: Path) -> None:
    """A run whose results are stored, and whose end cannot be, ends as soon as it can."""
    here.relay.pause = 0.05
    answer = here.slack.chaos.held["chat.update"] = asyncio.Event()
    await here.slack.command("/diagnose 31009 ios", here.user())
    await here.until(lambda: here.slack.records.made("chat.update"), "progress")
    (running,) = here.context.active_runs.values()
    await here.until(lambda: 0 < running.total == running.done, "all checks")
    await results_of(here, running)
    with closing(sqlite3.connect(tmp_path / "lineman.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        failed = _failed()
        del here.slack.chaos.held["chat.update"]
        answer.set()
        await here.until(lambda: _failed() > failed + 1, "an end that cannot be stored")
    assert "Blocked" in (await here.verdict()).text
    assert len(here.relay.plans) == 1
