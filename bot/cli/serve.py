"""`lineman serve`: the Slack bot, over the transport that the environment asks for."""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Final

from bot.cli.parser import Parser
from bot.logs import write_log
from bot.settings import read_log_level
from bot.slack.api.settings import HOW_TO, read_slack_settings

USAGE: Final = 2
NOT_NOW: Final = 75  # EX_TEMPFAIL of sysexits.h: the same start may go well later


def run_serve(words: Sequence[str]) -> int:
    """Serve until told to end; the exit code is 0, 2 when something has to be set, 75 when Slack is away."""
    make_parser().read(words)
    settings = read_slack_settings(os.environ)
    if settings.transport is None:
        sys.stdout.write(HOW_TO)
        return USAGE
    write_log(read_log_level(os.environ))
    from bot.slack.api.startup_errors import NotNowError
    from bot.slack.server.server import serve, tell  # aiohttp and Bolt take their time to import

    try:
        asyncio.run(serve(settings, os.environ, tell))
    except NotNowError as error:
        tell(str(error))
        return NOT_NOW
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman serve`."""
    return Parser(prog="lineman serve", description="Run the Slack bot; docs/slack.md explains the setup.")
