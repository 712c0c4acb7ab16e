"""A deadline for the app that does not run while the machine lets none of its processes run.

On a machine with more work than processors, seconds of the clock say little about the app. The kernel counts how long
each thread was ready and had no processor. Only that is added: an app that sleeps, computes, or waits for a lock is
late.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def waited_for_processor(others: Iterable[int] = ()) -> float:
    """Return the seconds that what acknowledges has waited for a processor until now.

    That is this thread, those of the store, and the processes *others*: one waits for the next, so they add up.
    """
    ours = [thread.native_id for thread in threading.enumerate() if thread.name.startswith("store")]
    threads = [f"self/task/{thread}" for thread in (threading.get_native_id(), *ours) if thread]
    return sum(map(_waited, [*threads, *map(str, others)]))


def _waited(process: str) -> float:
    try:
        # proc_pid_schedstat(5): nanoseconds on a processor, and nanoseconds of waiting for one
        return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError):  # it has ended, or this kernel does not count
        return 0.0


async def in_time(work: Awaitable[T], seconds: float, waited: Callable[[], float]) -> T:
    """Await *work* for *seconds*, and for as long as *waited* has grown; TimeoutError."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    begun, before, left = loop.time(), waited(), seconds
    try:
        while left > 0:
            await asyncio.wait((task,), timeout=left)
            if task.done():
                return task.result()
            left = seconds + (waited() - before) - (loop.time() - begun)
        raise TimeoutError
    finally:
        task.cancel()
