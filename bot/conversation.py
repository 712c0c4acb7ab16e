"""The conversation on a terminal: a line is a case to look into, `help` or `quit`."""

import sys
from collections.abc import Iterator
from typing import Final

from bot.desk import Desk, open_desk
from bot.errors import UsageError
from bot.replies.page import Line, write
from bot.request import parse

PROMPT: Final = "lineman> "
LEAVE: Final = ("quit", "exit", "bye", "q")

HELP: Final = (
    Line("/diagnose CODE [platform] [edge=E] [sdk-version=V] [turn=yes|no] [vpn=yes|no]", "bold"),
    Line(
        "looks from this host, and says what is wrong and what to do. For example: /diagnose 31009 ios",
        indent=2,
    ),
    Line("help", "bold"),
    Line("shows this", indent=2),
    Line("quit", "bold"),
    Line("leaves; so does the end of the input", indent=2),
)


def converse(network: str | None, vantage: str | None) -> int:
    """Talk until the person leaves; the exit code is 0."""
    desk = open_desk(network, vantage, remote=True)
    if sys.stdin.isatty():
        write([Line("Lineman. Type /diagnose 31009, help or quit.")], sys.stdout)
    for line in _typed():
        word = line.lstrip("/").casefold()
        if word in LEAVE:
            break
        if word in ("help", "?"):
            write(HELP, sys.stdout)
        elif word:
            _take(desk, line)
        sys.stdout.flush()
    return 0


def _typed() -> Iterator[str]:
    """Yield what is typed, line by line, until the input ends."""
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    while True:
        try:
            yield input(PROMPT if asks else "").strip()
        except EOFError:
            if asks:
                write([Line()], sys.stdout)
            return
        except UnicodeDecodeError:
            write([Line("That line is not text in this terminal's encoding.")], sys.stdout)


def _take(desk: Desk, line: str) -> None:
    """Diagnose what *line* asks for, or say what it should have been."""
    first = line.split()[0].lstrip("/").casefold()
    if first != "diagnose" and not first[:1].isdecimal():
        answer = "Follow-up questions come with a later version. Type /diagnose 31009, help or quit."
        write([Line(answer)], sys.stdout)
        return
    from bot.terminal import answer as give_answer

    try:
        give_answer(desk, parse(line, desk.vocabulary), verbose=False)
    except UsageError as error:
        write([Line(str(error))], sys.stdout)
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        write([Line("Stopped.")], sys.stdout)
