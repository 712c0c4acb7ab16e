"""Run `lineman database copy`: move everything from a file to PostgreSQL."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.cli.parser import Parser
from bot.errors import UsageError
from bot.relays.hub.paths import database_of
from bot.storage.address import PostgresAddress, read_database


def run_database(words: Sequence[str]) -> int:
    """Copy the database and print how many rows it has. The exit code is 0."""
    options = make_parser().read(words)
    source = read_database(options.source)
    target = read_database(options.target) if options.target else database_of(os.environ)
    if not isinstance(source, Path) or not isinstance(target, PostgresAddress):
        raise UsageError(
            "This copies from a file to PostgreSQL, such as: "
            "lineman database copy lineman.db postgresql://lineman@db.example/lineman"
        )
    # The driver is an optional package.
    from bot.storage.copy_database import copy_database

    copied = copy_database(source, target)
    sys.stdout.write(f"Copied {sum(copied.values()):,} rows of {len(copied)} tables to {target}.\n")
    sys.stdout.write(
        f"Now set LINEMAN_DATABASE to that address, and start the bot and the hub. {source} stays as it is.\n"
    )
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman database`."""
    parser = Parser(
        prog="lineman database",
        description="Copy the database from an SQLite file to PostgreSQL. Stop the bot and the hub first.",
        epilog="A password is better in ~/.pgpass or PGPASSWORD than on the command line, where others can read it.",
        allow_abbrev=False,
    )
    parser.add_argument("command", choices=["copy"], help="copy all rows to an empty database")
    parser.add_argument("source", metavar="FROM", help="the file")
    parser.add_argument(
        "target",
        metavar="TO",
        nargs="?",
        help="the address, postgresql://… (default: LINEMAN_DATABASE)",
    )
    return parser
