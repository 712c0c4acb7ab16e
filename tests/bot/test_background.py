"""A background task outlives whatever its work raises, says so rarely, and tells how long it has failed."""

import asyncio
import logging

import pytest

from bot import background, logs
from bot.background import LONGEST_PAUSE, STALE, PeriodicTask


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.pauses = 1000.0, list[float]()
        monkeypatch.setattr(background.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(logs.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(background.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


async def test_it_goes_on_after_every_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors of any kind are tried again with growing pauses, and logged once a minute."""
    clock, calls = Clock(monkeypatch), 0

    async def work() -> None:
        nonlocal calls
        calls += 1
        if calls > 40:
            raise asyncio.CancelledError
        if calls <= 38:
            raise (OSError("no space"), ValueError("odd"))[calls % 2]

    task = PeriodicTask("watching", work, 60.0, at_once=True)
    with caplog.at_level(logging.WARNING), pytest.raises(asyncio.CancelledError):
        await task.run()
    assert clock.pauses[:5] == [0.5, 1.0, 2.0, LONGEST_PAUSE, LONGEST_PAUSE]
    assert clock.pauses[-2:] == [60.0, 60.0]
    minutes = sum(clock.pauses[:38]) / 60
    assert 1 < minutes < 3
    assert len(caplog.records) == int(minutes) + 1
    assert "watching failed and will be retried: ValueError: odd" in caplog.text
    assert "more like this before" in caplog.text


async def test_it_says_how_long_it_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure counts as a problem after half a minute, and no longer after the next success."""
    clock, problems = Clock(monkeypatch), list[tuple[float, str]]()

    async def work() -> None:
        problems.append((clock.now - 1000.0, task.problem))
        if clock.now > 1000.0 + 3 * STALE:
            raise asyncio.CancelledError
        if clock.now < 1000.0 + 2 * STALE:
            raise OSError

    task = PeriodicTask("watching", work, 1.0, at_once=True)
    with pytest.raises(asyncio.CancelledError):
        await task.run()
    for seconds, problem in problems:
        if seconds <= STALE or seconds > 2 * STALE + 1:
            assert problem == ""
        elif seconds < 2 * STALE:
            assert problem == f"watching has failed for {seconds:.0f} s"
    assert len({bool(problem) for _, problem in problems}) == 2


async def test_work_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that neither fails nor comes to an end counts as a problem after half a minute, too."""
    now, over = [1000.0], asyncio.Event()
    monkeypatch.setattr(background.time, "monotonic", lambda: now[0])
    task = PeriodicTask("watching", over.wait, 60.0, at_once=True)
    running = asyncio.create_task(task.run())
    await asyncio.sleep(0)
    now[0] += STALE
    assert task.problem == ""
    now[0] += 1
    assert task.problem == "watching has not finished in 31 s"
    over.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert task.problem == ""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
