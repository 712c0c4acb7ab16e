"""Run `lineman preview DIR`: write every kind of Slack reply as an HTML page. Needs a checkout."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from bot.cli.parser import Parser
from bot.errors import UsageError

CHECKOUT: Final = Path(__file__).parents[2]  # the previews and their sample runs are in its tests/previews


def run_preview(words: Sequence[str]) -> int:
    """Write the pages. The exit code is 0."""
    folder: Path = make_parser().parse_args(list(words)).folder
    if not (CHECKOUT / "tests" / "previews" / "write.py").is_file():
        raise UsageError(
            "Previews are not part of the installed program. Run this in a checkout of the source."
        )
    sys.path.insert(0, str(CHECKOUT))
    try:
        count = import_module("tests.previews.write").write_previews(folder)
    except OSError as error:
        raise UsageError(f"Nothing can be written to {folder}: {error.strerror}.") from error
    sys.stdout.write(f"{count} replies in {folder / 'index.html'}\n")
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman preview`."""
    parser = Parser(
        prog="lineman preview", description="Write every Slack message as an HTML page, from made-up runs."
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder to write to")
    return parser
