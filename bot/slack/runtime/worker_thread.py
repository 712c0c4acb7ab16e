"""Where thinking is done: a thread with an event loop of its own, so that answering Slack never waits for it.

A diagnosis costs about 0.1 s of reasoning in pieces of some milliseconds; fifty at a time would hold up the
acknowledgements, which have 0.1 s in all. Python gives the other thread its turn every few milliseconds.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class WorkerThread:
    """One thread; `run` and `call` are awaited from the loop that answers Slack."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bench", daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await *work* over there; cancelling here cancels it there."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call *function* over there: reasoning and rendering, nothing that waits."""

        async def called() -> T:
            return function(*args, **kwargs)

        return await self.run(called())

    async def close(self) -> None:
        """Cancel what still runs, wait for its end, and end the thread."""
        await self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
