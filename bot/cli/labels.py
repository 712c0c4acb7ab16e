"""Run `lineman labels`: print symptom descriptions with the cause the user chose, for tuning."""

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.cli.parser import Parser
from bot.errors import UsageError
from bot.relays.hub.paths import database_of
from bot.storage.address import DatabaseAddress, read_database
from bot.storage.connect import open_to_read
from bot.storage.labels import EXPORT
from bot.storage.trouble import reason_of


def run_labels(words: Sequence[str]) -> int:
    """Print them in the format of tests/eval/symptoms-tuning.tsv. The exit code is 0."""
    options = make_parser().parse_args(list(words))
    rows = read_labels(read_database(options.database) if options.database else database_of(os.environ))
    sys.stdout.write("phrase\tcauses\n")
    sys.stdout.writelines(f"{phrase}\t{cause}\n" for phrase, cause in rows)
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman labels`."""
    parser = Parser(
        prog="lineman labels",
        description=(
            "Print descriptions from Slack without an error code, and the cause that users chose (- for none). "
            "Each line has a phrase, a tab, and a cause. Review them before you add them to "
            "knowledge/search/phrases.yaml."
        ),
        allow_abbrev=False,
    )
    parser.add_argument("database", nargs="?", help="the bot's database (default: LINEMAN_DATABASE)")
    return parser


def read_labels(path: DatabaseAddress) -> list[tuple[str, str]]:
    """Read phrases and causes, oldest first, even while the bot runs; `UsageError` without a database."""
    if not isinstance(path, Path):
        # The driver is an optional package.
        from bot.storage.postgresql_check import read_rows

        return [(_one_line(phrase), cause) for phrase, cause, _ in read_rows(path, EXPORT)]
    if not path.is_file():
        raise UsageError(
            f"There is no database at {path}. Name the bot's database, the one in LINEMAN_DATABASE."
        )
    try:
        with closing(open_to_read(path)) as db:
            return [(_one_line(phrase), cause) for phrase, cause, _ in db.execute(EXPORT)]
    except sqlite3.Error as error:
        raise UsageError(f"{path} cannot be read as the bot's database: {reason_of(error, path)}.") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())
