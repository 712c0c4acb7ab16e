"""Look many things up together: those asked for while a query runs are found by the next one, all at once.

When thousands of relays connect, a query for each would take most of the time: its thread waits for its turn with
every row.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST: Final = 200  # keys of one query


class BatchedLookup(Generic[T]):
    """Finds values by their keys with *fetch*, which takes up to `MOST` keys."""

    def __init__(self, fetch: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._fetch = fetch
        self._waiting: list[tuple[str, asyncio.Future[T | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def find(self, key: str) -> T | None:
        """Return the value of *key*, or None; raises what *fetch* raises."""
        future: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def close(self) -> None:
        """Wait until everything that was asked for is found."""
        if self._task:
            await self._task

    async def _work(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._find_all(asked)
        finally:
            self._task = None

    async def _find_all(self, asked: Sequence[tuple[str, "asyncio.Future[T | None]"]]) -> None:
        """Find the values of one query, and hand them over, or its error."""
        try:
            found = await self._fetch([key for key, _ in asked])
        except Exception as error:  # noqa: BLE001 - each caller gets it
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in asked:
            if not future.done():
                future.set_result(found.get(key))
