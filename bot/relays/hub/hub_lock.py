"""Allow one hub per database file: the relays of a second one would be out of reach for a bot that asks the first.

The kernel holds the lock, so a hub that is killed leaves none behind. Hubs that share their relays over NATS need none.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import UsageError
from bot.relays.hub.settings import HubSettings


@contextmanager
def only_hub(settings: HubSettings) -> Iterator[None]:
    """Hold the database file for this hub during the block; `UsageError` if another one does."""
    if settings.nats or not isinstance(settings.database, Path):
        yield
        return
    path = Path(f"{settings.database}.hub-lock")
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise UsageError(f"{path} cannot be created: {error.strerror}.") from None
    try:
        _lock(file, settings.database)
        yield
    finally:
        os.close(file)


def _lock(file: int, database: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"Another hub is already using {database}. Stop it first. Hubs that share one database also share NATS: "
            "see docs/scale.md."
        ) from None
