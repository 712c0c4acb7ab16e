"""Handle one line of the interactive session: compare a report with the case, route everything else."""

import re
import sys
from typing import Final

from bot.cli.repl_calls import take_call
from bot.cli.repl_replies import reply
from bot.cli.repl_reports import More, begins_value, file_named, find_report, go_on, pasted_whole, read_named
from bot.cli.repl_session import Repl
from bot.diagnosis.device_evidence import is_log_of_case
from bot.errors import UsageError
from bot.intake.clues import Reading
from bot.intake.read import read
from bot.rendering.terminal.console import Line, write

# What a command in the documentation begins with. In a sentence, another word follows the name.
_SHELL: Final = re.compile(
    r"(?:make run|(?:\S*/)?lineman (?:again|allowlist|ask|compare|diagnose|history|knowledge|preflight|read|relays))\b"
)
SHORTEST: Final = 40  # characters; a shorter text that is not JSON is no report and no tool output


def answer_line(repl: Repl, line: str, more: More) -> None:
    """Carry out what *line* asks for, or print what to type instead."""
    if command := _SHELL.match(line):
        write(
            [Line(f'"{command[0]}" is for your shell, and you are inside Lineman. Type quit first.')],
            sys.stdout,
        )
        return
    try:
        if not _reported(repl, line, more) and (left := take_call(repl, line)):
            reply(repl, left)
    except UsageError as error:
        write([Line(str(error))], sys.stdout)
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        write([Line("Stopped.")], sys.stdout)


def _reported(repl: Repl, line: str, more: More) -> bool:
    """Handle the report in *line* or in the file that it names. Return False if there is none."""
    if not begins_value(line) and len(line) < SHORTEST and "preflight" not in line[:10].casefold():
        return False
    if name := file_named(line):
        reading, words = read_named(name, line, more)
    else:
        words = pasted_whole(line, more)
        found = find_report(words) or _log_of_case(repl, words)
        if found is None:
            return False
        reading = found
    repl.begin((go_on(repl.engine, repl.record, reading, words, repl.put_back),))
    return True


def _log_of_case(repl: Repl, text: str) -> Reading | None:
    """Read *text*, several lines, as a log of the open case. If it names another code, the case is over."""
    if repl.record is None or "\n" not in text:
        return None
    reading = read(text, repl.engine.vocabulary)
    if is_log_of_case(reading, repl.record.request, repl.engine.knowledge):
        return reading
    if {code for code in reading.codes if code in repl.engine.knowledge.errors} - {repl.record.request.code}:
        repl.begin(())
    return None
