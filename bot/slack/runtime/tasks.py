"""Everything that goes on after Slack has been answered: tasks with one parent, in order where order matters.

A job that fails is logged and takes nobody with it; a job that is cancelled is gone when `cancel` returns.
"""

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self

from bot.slack.runtime.ordering import ThreadOrdering

log = logging.getLogger(__name__)

GRACE: Final = 2.0  # seconds that a cancelled job has to say its last words


class TaskSupervisor:
    """The tasks of one process, by name. Use it as a context: leaving it cancels what is left."""

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
            # No job raises: what the group wraps is what ended the context, and goes on as it is.

    def start(self, name: str, work: Coroutine[Any, Any, None], turn: str = "", stamp: str = "") -> None:
        """Begin *work*; jobs with the same *turn* run one after the other, by *stamp* or as they were started."""
        self._number += 1
        key = name if name not in self._tasks else f"{name} #{self._number}"
        task = self._group.create_task(self._guarded(key, work, turn, stamp), name=key)
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._forget(key, work))

    async def cancel(self, name: str) -> bool:
        """Cancel a job and wait until it is gone; tells whether there was one."""
        task = self._tasks.get(name)
        if task is None:
            return False
        task.cancel()
        await asyncio.wait([task], timeout=GRACE)
        return True

    def running(self, prefix: str = "") -> tuple[str, ...]:
        """Name the jobs that go on."""
        return tuple(name for name in self._tasks if name.startswith(prefix))

    async def drain(self, seconds: float) -> tuple[str, ...]:
        """Wait until all jobs have ended, those started meanwhile too; names what is left after *seconds*."""
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
            log.exception("the job %s has failed", name)

    def _forget(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.pop(key, None)
        work.close()  # cancelled before its turn, it never began
