"""Run reasoning and rendering in a separate thread with its own event loop, so that Slack gets its answers on time.

A diagnosis takes about 0.1 s of reasoning, in pieces of a few milliseconds. 50 at a time would delay acknowledgments,
whose budget is 0.1 s. Python switches between the threads every few milliseconds.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class WorkerThread:
    """One worker thread; await `run` and `call` from the event loop that answers Slack."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bench", daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await *work* in the worker thread; canceling the call cancels the work."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call *function* in the worker thread: reasoning or rendering, nothing that blocks on I/O.

        A call that is canceled while it waits behind others is not made.
        """
        done: Future[T] = Future()

        def work() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(function(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - raised in the caller
                done.set_exception(error)

        self._loop.call_soon_threadsafe(work)
        return await asyncio.wrap_future(done)

    @asynccontextmanager
    async def holding(self, resource: AbstractAsyncContextManager[object]) -> AsyncIterator[None]:
        """Hold *resource* in the worker thread for the block."""
        await self.run(_entered(resource))
        try:
            yield
        finally:
            await self.run(_left(resource))

    async def close(self) -> None:
        """Cancel all work, wait until it has ended, and stop the thread."""
        await self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()


async def _entered(resource: AbstractAsyncContextManager[object]) -> None:
    await resource.__aenter__()


async def _left(resource: AbstractAsyncContextManager[object]) -> None:
    await resource.__aexit__(None, None, None)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
