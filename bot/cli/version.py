"""Run `lineman version`: print the version of this program, and how it reads descriptions."""

import json
import sys
from collections.abc import Sequence
from typing import Final

from bot.cli.parser import Parser
from bot.version import version
from knowledge.search.vectors import PACKAGE, vectors_version

_WORDS: Final = "Descriptions and questions are matched by words alone, without sentence vectors."
_VECTORS: Final = "Questions are matched by words and by sentence vectors ({}), descriptions by words alone."


def run_version(words: Sequence[str]) -> int:
    """Print the version. The exit code is 0."""
    options = make_parser().read(words)
    if options.json:
        more = {"matching": "words and vectors" if vectors_version() else "words"} if options.verbose else {}
        sys.stdout.write(json.dumps({"version": version(), **more}) + "\n")
    else:
        sys.stdout.write(f"lineman {version()}\n")
        if options.verbose:
            sys.stdout.write(f"{_matching()}\n")
    return 0


def _matching() -> str:
    found = vectors_version()
    return _VECTORS.format(f"{PACKAGE} {found}") if found else _WORDS


def make_parser() -> Parser:
    """Make the parser of `lineman version`."""
    parser = Parser(prog="lineman version", description="Print the version of Lineman.", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print one JSON object: version")
    parser.add_argument("--verbose", action="store_true", help="also say how descriptions are matched")
    return parser
