"""Tasks: in order if they share a turn, in parallel otherwise, ended when canceled."""

import asyncio

import pytest

from bot.slack.runtime.concurrency import RunSlots
from bot.slack.runtime.tasks import TaskSupervisor


async def turns_of_the_loop() -> None:
    """Let everybody go on who can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_turns() -> None:
    """Tasks of one turn run one after the other in the order of their start; others do not wait for them."""
    said: list[str] = []
    first = asyncio.Event()

    async def say(word: str, wait: asyncio.Event | None = None) -> None:
        if wait:
            await wait.wait()
        said.append(word)

    async with TaskSupervisor() as jobs:
        jobs.start("a", say("a", first), turn="thread")
        jobs.start("b", say("b"), turn="thread")
        jobs.start("c", say("c"))
        await turns_of_the_loop()
        assert said == ["c"]
        first.set()
        assert await jobs.drain(1) == ()
    assert said == ["c", "a", "b"]


async def test_cancel_and_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A canceled task ends, a failed one is logged, and the others continue."""
    done = asyncio.Event()

    async def broken() -> None:
        raise ValueError("broken on purpose")

    async with TaskSupervisor() as jobs:
        jobs.start("endless", asyncio.Event().wait())  # type: ignore[arg-type]  # gives True, and never does
        jobs.start("broken", broken())
        jobs.start("good", _set(done))
        await done.wait()
        assert await jobs.cancel("endless")
        assert not await jobs.cancel("endless")
        assert await jobs.drain(1) == ()
    assert "task broken failed" in caplog.text


async def _set(event: asyncio.Event) -> None:
    event.set()


async def test_places() -> None:
    """Slots are passed on in order, waiting runs get the number of runs ahead, and leaving the queue frees its slot."""
    slots, heard, leave = RunSlots(1), [], asyncio.Event()
    order: list[str] = []

    async def take(name: str) -> None:
        async with slots.acquire("local", lambda before: heard.append((name, before))):
            order.append(name)
            await leave.wait()

    async with TaskSupervisor() as jobs:
        for name in "abc":
            jobs.start(name, take(name))
        await turns_of_the_loop()
        await jobs.cancel("b")
        assert heard == [("b", 0), ("c", 1), ("c", 0)]
        leave.set()
        assert await jobs.drain(1) == ()
    assert order == ["a", "c"]
    assert slots.busy("local") == 0
