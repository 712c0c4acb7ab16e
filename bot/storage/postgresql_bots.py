"""Be one of the bots on a PostgreSQL database: show the others that this one lives, and free what gone ones claimed.

A bot lives as long as the server holds a lock for its session. A thread watches that session, and wakes the event loop
when another bot hands a request over.
"""

import asyncio
import json
import logging
import os
import secrets
import select
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from bot.errors import UsageError
from bot.storage.address import PostgresAddress
from bot.storage.claims import ALL_BOTS, Note, channel_of, register, release
from bot.storage.postgresql import PostgresDatabase, connect, describe, lock_key, psycopg

log = logging.getLogger(__name__)

PATIENCE: Final = 30.0  # seconds: a bot that has the database for itself may still be shutting down
AGAIN: Final = 0.25  # seconds between two attempts
WATCH: Final = 1.0  # seconds between two looks at the other bots
# Seconds without its lock after which a bot is gone: a live one takes it again sooner, also after the server restarts.
GRACE: Final = 5.0
SURE: Final = GRACE - WATCH - 0.5  # seconds after a look in which nobody can have taken over
_LIVES: Final = 0x4C494E45  # the upper half of the locks that show which bots live
_SHARED: Final = "SELECT pg_try_advisory_lock_shared(?) AND pg_try_advisory_lock(?, ?)"
_ALONE: Final = "SELECT pg_try_advisory_lock(?) AND pg_try_advisory_lock(?, ?)"
_WITHOUT_LOCK: Final = (
    "SELECT id FROM bots WHERE id != ? AND NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' "
    "AND granted AND classid = ?::bigint::oid AND objid = bots.id::bigint::oid AND objsubid = 2 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


def new_bot() -> int:
    """Return a new id: a bot that starts again is another one."""
    return secrets.randbelow(2**31 - 1) + 1


@asynccontextmanager
async def join_bots(
    address: PostgresAddress,
    bot: int,
    *,
    alone: bool = False,
    patience: float = PATIENCE,
    lost: Callable[[], None] | None = None,
) -> AsyncIterator["Peers"]:
    """Be a bot of the database for the block; *lost* is called if others have taken over what this one claimed.

    If it is to be *alone*, it waits for other bots to end, and they for it; `UsageError` after *patience* seconds.
    """
    session = _BotSession(address, bot, _ALONE if alone else _SHARED)
    try:
        await _wait(session, patience)
        peers = Peers(session, lost or _end)
        try:
            yield peers
        finally:
            await peers.close()
    finally:
        session.close()


class Peers:
    """The other bots on the database, as this one hears of them."""

    def __init__(self, session: "_BotSession", lost: Callable[[], None]) -> None:
        self._session, self._lost = session, lost
        self._notes: list[Note] = []
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._closing, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._watch, name="bots", daemon=True)
        self._thread.start()

    async def news(self, seconds: float) -> list[Note]:
        """Wait up to so many *seconds* for another bot; return what came with the requests that it handed over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()
        notes, self._notes = self._notes, []
        return notes

    def holds(self) -> bool:
        """Whether what this bot has claimed is certainly still its own."""
        return time.monotonic() - self._session.seen < SURE

    async def close(self) -> None:
        """Free all claims of this bot."""
        os.write(self._wake, b".")
        await asyncio.to_thread(self._thread.join)
        for end in (self._closing, self._wake):
            os.close(end)
        await asyncio.to_thread(self._session.leave)

    def _watch(self) -> None:
        while not select.select([self._closing], [], [], 0)[0]:
            try:
                self._session.keep()
                notes = self._session.wait(self._closing, WATCH)
                self._session.free_gone()
            except psycopg.Error:
                select.select([self._closing], [], [], AGAIN)  # what writes reports it
                continue
            except _TakenOverError:
                self._lost()
                return
            if notes:
                self._loop.call_soon_threadsafe(self._heard, notes)

    def _heard(self, notes: list[Note]) -> None:
        self._notes += notes
        self._woken.set()


class _BotSession:
    """The connection whose lock shows that the bot lives."""

    def __init__(self, address: PostgresAddress, bot: int, lock: str) -> None:
        self.address, self._bot, self._lock, self._held = address, bot, lock, False
        self._missing: dict[int, float] = {}  # since when other bots are without their lock
        self.seen = -GRACE  # when the server last showed that the lock is held
        self._db = connect(address)

    def join(self) -> bool:
        """Take the lock and add the bot; False if another bot has the database for itself."""
        if self._take():
            with self._db.connection.transaction():
                register(self._db, self._bot, time.time())
            self.seen = time.monotonic()
        return self._held

    def keep(self) -> None:
        """Connect again and take the lock again if they were lost; `_TakenOverError` if the bot was deleted by then."""
        if self._db.connection.closed:
            self._held, self._missing = False, {}
            self._db = PostgresDatabase(self.address)
        if self._held:
            return
        self._take()  # before the look, so that nobody deletes the bot after it
        if not self._db.query("SELECT 1 FROM bots WHERE id = ?", (self._bot,)):
            log.critical("other bots took over the work of this one on %s, so it exits", self.address)
            raise _TakenOverError

    def wait(self, closing: int, seconds: float) -> list[Note]:
        """Wait for a notification, until *closing* can be read, or for so many *seconds*."""
        if notes := self._notes():  # what came during other statements does not show on the socket
            return notes
        select.select([self._db.connection.fileno(), closing], [], [], seconds)
        return self._notes()

    def free_gone(self) -> None:
        """Delete the bots that have been without their lock for `GRACE` seconds."""
        if not self._held:
            return
        now, missing = time.monotonic(), self._missing
        gone = [row["id"] for row in self._db.query(_WITHOUT_LOCK, (self._bot, _LIVES))]
        self.seen = now
        self._missing = {bot: missing.get(bot, now) for bot in gone}
        for bot in [bot for bot, since in self._missing.items() if now - since >= GRACE]:
            with self._db.connection.transaction():
                # Its lock is held meanwhile, so that a bot that comes back finds itself deleted, or is not deleted.
                if self._db.execute("SELECT pg_try_advisory_xact_lock(?, ?)", (_LIVES, bot)).fetchone()[0]:
                    log.warning("another bot is gone, and its requests and runs are free")
                    release(self._db, bot)

    def leave(self) -> None:
        """Free everything at once. If the server cannot be reached, the others do so when they notice."""
        with suppress(psycopg.Error):
            if self._held:
                with self._db.connection.transaction():
                    release(self._db, self._bot)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _take(self) -> bool:
        self._held = bool(self._db.execute(self._lock, (lock_key("bot"), _LIVES, self._bot)).fetchone()[0])
        if self._held:
            self._db.execute(f"LISTEN {ALL_BOTS}; LISTEN {channel_of(self._bot)}")
        return self._held

    def _notes(self) -> list[Note]:
        return [json.loads(note.payload) for note in self._db.connection.notifies(timeout=0)]


class _TakenOverError(Exception):
    """Other bots have taken over the claims of this one."""


async def _wait(session: _BotSession, patience: float) -> None:
    try:
        async with asyncio.timeout(patience):
            while not await asyncio.to_thread(session.join):  # noqa: ASYNC110 - another process cannot set an event
                await asyncio.sleep(AGAIN)
    except TimeoutError:
        raise UsageError(
            f"Another bot uses {session.address}, and the two cannot share it: one has LINEMAN_BOTS=one, or is "
            "an older version. Stop the other bot, or wait until it has stopped."
        ) from None
    except psycopg.Error as error:
        because = describe(error, session.address)
        raise UsageError(f"The database {session.address} cannot be used: {because}.") from None


def _end() -> None:
    """End the process at once. Others do its work already, and it must not change anything any more."""
    os._exit(1)
