"""Allow one bot per PostgreSQL database: each of two would mark the other's runs as lost.

The server holds the lock for as long as the connection lives. A second bot, also on another host, waits for it.
"""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.errors import UsageError
from bot.storage.address import PostgresAddress
from bot.storage.postgresql import PostgresDatabase, connect, lock_key, psycopg

log = logging.getLogger(__name__)

PATIENCE: Final = 30.0  # seconds: the previous process may still be shutting down
AGAIN: Final = 0.25  # seconds between two attempts
WATCH: Final = 2.0  # seconds between two looks at whether the lock is still held


@asynccontextmanager
async def hold_database(
    address: PostgresAddress, patience: float = PATIENCE, watch: float = WATCH
) -> AsyncIterator[None]:
    """Hold the database for this process; `UsageError` if another process still holds it after *patience* seconds."""
    lock = _ServerLock(address)
    try:
        await _wait(lock, patience)
        watching = asyncio.create_task(_keep(lock, watch))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    finally:
        lock.close()


class _ServerLock:
    """A lock of one session, on a connection of its own."""

    def __init__(self, address: PostgresAddress) -> None:
        self.address = address
        self._db = connect(address)

    def take(self) -> bool:
        """Take the lock, on a new connection if the last one is lost; `psycopg.Error` if there is none."""
        if self._db.connection.closed:
            self._db = PostgresDatabase(self.address)
        sql = "SELECT pg_try_advisory_lock(?)"
        return bool(self._db.execute(sql, (lock_key("bot"),)).fetchone()[0])

    def is_held(self) -> bool:
        """Ask the server whether the connection lives, and take the lock again if it was lost."""
        try:
            self._db.execute("SELECT 1")
        except psycopg.Error:
            return self.take()
        return True

    def close(self) -> None:
        """Give the lock back."""
        self._db.close()


async def _wait(lock: _ServerLock, patience: float) -> None:
    try:
        async with asyncio.timeout(patience):
            while not await asyncio.to_thread(lock.take):  # noqa: ASYNC110 - another process cannot set an event
                await asyncio.sleep(AGAIN)
    except TimeoutError:
        raise UsageError(
            f"Another bot is using {lock.address}. Only one may run; stop it, or use another database."
        ) from None


async def _keep(lock: _ServerLock, watch: float) -> None:
    """Take the lock again after the server was lost. Stop this process if another one took it by then."""
    while True:
        await asyncio.sleep(watch)
        try:
            if not await asyncio.to_thread(lock.is_held):
                log.error("another bot took over the database %s, so this one stops", lock.address)
                os.kill(os.getpid(), signal.SIGTERM)
                return
        except psycopg.Error:
            continue  # the server cannot be reached by anybody; what writes reports it
