"""Run `lineman serve`: the Slack bot, with the transport that the environment selects."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from typing import Final

from bot.cli.parser import Parser
from bot.logs import write_log
from bot.settings import read_log_format, read_log_level
from bot.slack.api.settings import HOW_TO, read_slack_settings
from probes.protocol.log_format import TEXT

log: Final = logging.getLogger(__name__)

USAGE: Final = 2
NOT_NOW: Final = 75  # EX_TEMPFAIL of sysexits.h: a later start may succeed


def run_serve(words: Sequence[str]) -> int:
    """Serve until stopped. The exit code is 0, 2 for missing settings, 75 if Slack is unavailable."""
    make_parser().read(words)
    settings = read_slack_settings(os.environ)
    if settings.transport is None:
        sys.stdout.write(HOW_TO)
        return USAGE
    form = read_log_format(os.environ)
    write_log(read_log_level(os.environ), form)
    # aiohttp and Bolt are slow to import. Without settings, neither is needed.
    from bot.slack.api.startup_errors import NotNowError
    from bot.slack.server.server import serve

    add_pages = None
    if os.environ.get("LINEMAN_CHECK_URL"):
        # Without the address, no page of a check is served.
        from bot.cli.check_pages import check_pages

        add_pages = check_pages(os.environ)
    say = _tell if form == TEXT else lambda sentence: log.info("%s", sentence)
    try:
        asyncio.run(serve(settings, os.environ, say, add_pages))
    except NotNowError as error:
        say(str(error))
        return NOT_NOW
    return 0


def _tell(sentence: str) -> None:
    """Print a sentence to standard error."""
    sys.stderr.write(f"lineman: {sentence}\n")
    sys.stderr.flush()


def make_parser() -> Parser:
    """Make the parser of `lineman serve`."""
    return Parser(prog="lineman serve", description="Run the Slack bot. docs/slack.md explains the setup.")
