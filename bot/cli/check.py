"""Run `lineman check serve`: the page that customers open by a check link."""

import asyncio
import os
import sys
from collections.abc import Sequence

from bot.cli.parser import Parser
from bot.logs import write_log
from bot.settings import read_log_level


def run_check(words: Sequence[str]) -> int:
    """Serve check links until SIGTERM or SIGINT. The exit code is 0."""
    make_parser().read(words)
    # Help needs neither the web server nor the knowledge.
    from bot.check_link.server import serve_checks
    from bot.check_link.settings import read_check_settings
    from bot.diagnosis.engine import load_engine
    from bot.slack.runtime.ids import new_run

    settings = read_check_settings(os.environ)
    settings.required_url()
    write_log(read_log_level(os.environ))
    engine = load_engine(settings.network, None)
    asyncio.run(serve_checks(settings, engine, new_run, _say))
    return 0


def _say(sentence: str) -> None:
    sys.stderr.write(f"lineman: {sentence}\n")
    sys.stderr.flush()


def make_parser() -> Parser:
    """Make the parser of `lineman check`."""
    parser = Parser(
        prog="lineman check",
        description="Serve the page that customers open by a check link. docs/check-link.md explains the setup.",
        allow_abbrev=False,
    )
    parser.add_argument("command", choices=["serve"], help="listen on HOST and PORT, for LINEMAN_CHECK_URL")
    return parser
