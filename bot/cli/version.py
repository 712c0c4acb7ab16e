"""Run `lineman version`: print the version of this program."""

import json
import sys
from collections.abc import Sequence

from bot.cli.parser import Parser
from bot.version import version


def run_version(words: Sequence[str]) -> int:
    """Print the version. The exit code is 0."""
    options = make_parser().read(words)
    if options.json:
        sys.stdout.write(json.dumps({"version": version()}) + "\n")
    else:
        sys.stdout.write(f"lineman {version()}\n")
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman version`."""
    parser = Parser(prog="lineman version", description="Print the version of Lineman.", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print one JSON object: version")
    return parser
