"""Look into the database of a test, be it a file or on a server."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def run_sql(database: str, sql: str) -> list[Any]:
    """Run one statement, and return its rows."""
    if database.startswith("postgresql:"):
        import psycopg

        with psycopg.connect(database, autocommit=True) as server:
            cursor = server.execute(sql)
            return cursor.fetchall() if cursor.description else []
    with closing(sqlite3.connect(database)) as file, file:
        return file.execute(sql).fetchall()


def stored_bytes(database: str) -> bytes:
    """Everything that is stored: the files, or the rows of all tables."""
    if not database.startswith("postgresql:"):
        file = Path(database)
        return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    tables = run_sql(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return repr([run_sql(database, f"SELECT * FROM {table}") for (table,) in tables]).encode()
