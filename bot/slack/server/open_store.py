"""Open the database of a bot: a file for this process alone, or a server for several bots."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.slack.api.settings import SlackSettings
from bot.slack.runtime.process_lock import process_lock
from bot.storage.claims import Claims, OtherBots
from bot.storage.store import Store


@asynccontextmanager
async def open_store(settings: SlackSettings) -> AsyncIterator[tuple[Store, OtherBots | None]]:
    """Open the store for the block, with the other bots if there may be any; `UsageError` if it cannot be used."""
    database, periods = settings.database, (settings.retention_days, settings.audit_days)
    if isinstance(database, Path):
        async with process_lock(str(database)):
            store = Store.open(database, *periods)
            try:
                yield store, None
            finally:
                await store.close()
        return
    # The driver is an optional package.
    from bot.storage.postgresql_bots import join_bots, new_bot

    bot = new_bot()
    store = Store.open(database, *periods, claims=Claims(bot))
    try:
        async with join_bots(database, bot, alone=settings.alone) as others:
            yield store, others
    finally:
        await store.close()
