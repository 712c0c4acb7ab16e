"""End tasks for certain, even if one does not notice that it is canceled."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

AGAIN: Final = 0.2  # seconds until a task that still runs is canceled again


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel *tasks* until all have ended. In Python 3.11, `asyncio.wait_for` of the client may lose a cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)
