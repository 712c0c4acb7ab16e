"""Read which relays may connect. The hub asks every second, and the answer is nearly always the one before."""

from collections.abc import Mapping
from typing import Final

from bot.storage.database import Database

_PAIRS: Final = "SELECT key || ' ' || name AS text FROM relays WHERE key IS NOT NULL AND revoked IS NULL"


class ValidNames:
    """Reads the names, and remembers them.

    All come in one text: a thread that reads thousands of rows waits for its turn with each of them.
    """

    def __init__(self) -> None:
        self._digest = ""
        self._names: Mapping[str, str] = {}

    def read(self, db: Database) -> Mapping[str, str]:
        """Return the name of each relay that has joined and is not revoked, by its key."""
        digest, text = db.join_texts(_PAIRS, self._digest)
        if text is not None:
            pairs = (pair.partition(" ") for pair in text.split(","))
            self._names = {key: name for key, _, name in pairs if key}
            self._digest = digest  # after the names: what failed is read again
        return self._names
