"""Define the tables that are made beside the numbered steps of the schema, with the same SQL on every database.

A former version, which does not know them, still opens the database. It refuses one with a step that it does not
know.
"""

from typing import Final

from bot.storage.database import Database

LAST: Final = "check_starts"  # the table that is made last
TABLES: Final = """
CREATE TABLE IF NOT EXISTS check_links (token text PRIMARY KEY, name text NOT NULL UNIQUE, case_id text NOT NULL,
  created double precision NOT NULL, expires double precision NOT NULL, runs integer NOT NULL, used integer NOT NULL,
  revoked double precision);
CREATE INDEX IF NOT EXISTS check_links_of_case ON check_links (case_id);
CREATE TABLE IF NOT EXISTS check_starts (start text PRIMARY KEY, token text NOT NULL,
  started double precision NOT NULL, digest text NOT NULL, run text NOT NULL);
CREATE INDEX IF NOT EXISTS check_starts_of_link ON check_starts (token)
"""


def make_tables(db: Database) -> None:
    """Make the tables where they are missing."""
    for sql in TABLES.split(";"):
        db.execute(sql)
