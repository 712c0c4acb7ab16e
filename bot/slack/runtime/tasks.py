"""Supervised background tasks, which run after Slack has been answered, in order within a thread.

A failed task is logged and affects no other; a canceled task has ended when `cancel` returns.
"""

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self

from bot.slack.runtime.ordering import ThreadOrdering

log = logging.getLogger(__name__)

GRACE: Final = 2.0  # seconds that a canceled task has to clean up


class TaskSupervisor:
    """The tasks of one process, by name. Leaving the context cancels the remaining tasks."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns = ThreadOrdering()
        self._number = 0

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in tuple(self._tasks.values()):
            task.cancel()
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup:
            if error is None:
                raise
            # No task raises: the group wraps the exception that ended the context, and that one propagates unchanged.

    def start(self, name: str, work: Coroutine[Any, Any, None], turn: str = "", stamp: str = "") -> None:
        """Start *work*; tasks with the same *turn* run one at a time, by *stamp*, then in order of their start."""
        self._number += 1
        key = name if name not in self._tasks else f"{name} #{self._number}"
        task = self._group.create_task(self._guarded(key, work, turn, stamp), name=key)
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._forget(key, work))

    async def cancel(self, name: str) -> bool:
        """Cancel a task and wait until it has ended; returns whether it existed."""
        task = self._tasks.get(name)
        if task is None:
            return False
        task.cancel()
        await asyncio.wait([task], timeout=GRACE)
        return True

    def running(self, prefix: str = "") -> tuple[str, ...]:
        """List the names of running tasks that begin with *prefix*."""
        return tuple(name for name in self._tasks if name.startswith(prefix))

    async def drain(self, seconds: float) -> tuple[str, ...]:
        """Wait up to *seconds* until all tasks have ended, including new ones; returns the names of those left."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(tuple(self._tasks.values()))
        except TimeoutError:
            pass
        return self.running()

    async def _guarded(self, name: str, work: Coroutine[Any, Any, None], turn: str, stamp: str) -> None:
        try:
            if not turn:
                await work
                return
            async with self._turns.hold(turn, stamp):
                await work
        except Exception:
            log.exception("task %s failed", name)

    def _forget(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.pop(key, None)
        work.close()  # canceled before its turn, it never started
