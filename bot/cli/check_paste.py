"""Show a result of the check page that was pasted or saved in a file, because the page could not send it."""

import sys
import time

from bot.check_link.pasted import beside, pasted_record
from bot.cli.interactive import short_answer
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.model.request import Request
from bot.rendering.check_link_text import REPORTED
from bot.rendering.terminal.console import Line, write


def conclude_check(
    engine: Engine, check: str, request: Request, record: RunRecord | None = None
) -> tuple[RunRecord, ...]:
    """Conclude the result *check* for *request*, beside what a relay found (*record*); `UsageError` if it is none."""
    browser = pasted_record(engine, check, request, time.time())
    return beside(engine, [record], browser) if record else (browser,)


def write_check(engine: Engine, records: tuple[RunRecord, ...]) -> None:
    """Print the verdict of *records*, of which the last is a browser's."""
    sys.stdout.write(f"{REPORTED.capitalize()}:\n")
    short = short_answer(engine, records, asks=False)
    write([Line(), *short.head(), *short.tail()], sys.stdout)
