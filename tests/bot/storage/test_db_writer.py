"""The thread that writes: what was asked for is done, whoever stops waiting."""

import asyncio
from collections.abc import Callable

import pytest

from bot.storage.address import DatabaseAddress
from bot.storage.database import Database, StoreError
from bot.storage.db_writer import BATCH, Writer


def put(number: int) -> Callable[[Database], int]:
    def work(db: Database) -> int:
        db.execute("CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY)")
        db.execute("INSERT INTO kept VALUES (?)", (number,))
        return number

    return work


async def kept(writer: Writer) -> list[int]:
    return await writer.run(
        lambda db: [row[0] for row in db.execute("SELECT number FROM kept ORDER BY number")]
    )


async def test_more_than_a_batch_in_one_turn(address: DatabaseAddress) -> None:
    """Jobs asked for at one time are all done, each gets its own result, and one that fails fails alone."""
    writer = Writer(address)
    numbers = [*range(2 * BATCH + 7), 3]
    results = await asyncio.gather(*(writer.run(put(number)) for number in numbers), return_exceptions=True)
    assert results[:-1] == numbers[:-1]
    assert isinstance(results[-1], StoreError)
    assert await kept(writer) == numbers[:-1]
    await writer.close()


async def test_who_stops_waiting_changes_nothing(address: DatabaseAddress) -> None:
    """A job whose caller is cancelled, before the thread has it or after, is done all the same."""
    writer = Writer(address)
    waiting = asyncio.create_task(writer.run(put(1)))
    await asyncio.sleep(0)  # it has asked, and nothing more
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await kept(writer) == [1]
    await writer.close()


async def test_closing_does_what_was_asked_for_last(address: DatabaseAddress) -> None:
    """What was asked for in the very turn in which the store is closed is done, and nothing after that."""
    writer = Writer(address)
    last = asyncio.create_task(writer.run(put(1)))
    await asyncio.sleep(0)
    await writer.close()
    assert await last == 1
    with pytest.raises(StoreError):
        await writer.run(put(2))
    again = Writer(address)
    assert await kept(again) == [1]
    await again.close()
