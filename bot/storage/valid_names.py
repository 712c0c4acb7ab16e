"""Read which relays may connect."""

from bot.storage.database import Database


def read_valid_names(db: Database) -> dict[str, str]:
    """Return the name of each relay that has joined and is not revoked, by its key.

    All come in one row: a thread that reads thousands of rows waits for its turn with each of them.
    """
    pairs = f"SELECT {db.joins}(key || ' ' || name, ',') FROM relays"  # noqa: S608 - the name of a function
    text = db.execute(f"{pairs} WHERE key IS NOT NULL AND revoked IS NULL").fetchone()[0] or ""
    return {key: name for key, _, name in (pair.partition(" ") for pair in text.split(",")) if key}
