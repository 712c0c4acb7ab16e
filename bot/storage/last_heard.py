"""Store when the hub last heard from relays: of many with one statement, because thousands may connect at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.storage.database import Database
from probes.protocol.json_codec import dump

MOST: Final = 100  # relays of one statement

# The state of a revoked relay holds its revocation.
_UPDATE: Final = (
    "UPDATE relays SET seen = news.column2, gone = news.column3, state = CASE "
    "WHEN news.column4 IS NULL OR relays.revoked IS NOT NULL THEN relays.state ELSE news.column4 END "
    "FROM (VALUES {}) AS news WHERE relays.name = news.column1"
)


@dataclass(frozen=True, slots=True)
class LastHeard:
    """When the hub last heard from a relay, why it disconnected, and the state that it reported."""

    at: float  # seconds since the epoch
    gone: str = ""
    state: Mapping[str, Any] | None = None  # None: the one before

    def after(self, earlier: "LastHeard | None") -> "LastHeard":
        """Add what only the *earlier* one has."""
        return LastHeard(self.at, self.gone, earlier.state) if earlier and self.state is None else self


def store_heard(db: Database, heard: Mapping[str, LastHeard]) -> None:
    """Store what the hub heard from relays, by their names."""
    rows = [
        (name, news.at, news.gone, None if news.state is None else dump(dict(news.state)))
        for name, news in heard.items()
    ]
    for start in range(0, len(rows), MOST):
        some = rows[start : start + MOST]
        db.execute(
            _UPDATE.format(", ".join(["(?, ?, ?, ?)"] * len(some))), [value for row in some for value in row]
        )
