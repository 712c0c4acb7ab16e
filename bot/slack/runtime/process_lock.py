"""Allow one process per database: each of two would mark the other's runs as lost.

The kernel holds the lock, so a killed process leaves none behind.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.errors import UsageError

PATIENCE: Final = 30.0  # seconds: the previous process may still be shutting down
AGAIN: Final = 0.25  # seconds between two attempts


@asynccontextmanager
async def process_lock(database: str, patience: float = PATIENCE) -> AsyncIterator[None]:
    """Hold *database* for this process; `UsageError` if another process still holds it after *patience* seconds."""
    path = Path(f"{database}.lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise UsageError(f"{path} cannot be created: {error.strerror}.") from None
    try:
        await _lock(file, database, patience)
        yield
    finally:
        os.close(file)


async def _lock(file: int, database: str, patience: float) -> None:
    try:
        async with asyncio.timeout(patience):
            while not _try(file):  # noqa: ASYNC110 - the kernel does not signal when a lock is released
                await asyncio.sleep(AGAIN)
    except TimeoutError:
        raise UsageError(
            f"Another process is using {database}. Each process needs its own database."
        ) from None


def _try(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
