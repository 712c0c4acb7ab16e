"""Read the messages of the interactive session from a terminal or a pipe. Pasted lines are one message."""

import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from bot.rendering.terminal.console import Line, write

PROMPT: Final = "lineman> "
MORE: Final = "... "
LEAVE: Final = ("quit", "exit", "bye", "q")

# Nobody types the next line this fast. Terminals deliver the lines of a paste within a few milliseconds.
PAUSE: Final = 0.05  # seconds
MOST_LINES: Final = 100_000  # of one paste
MOST_BYTES: Final = 50_000_001  # of a pipe: one more than the largest file that is read

# A line that is a command in any surroundings: no log, console, or tool writes such a line.
_COMMAND: Final = re.compile(
    rf"/diagnose\b|/?(?:{'|'.join(LEAVE)}|help)$|/?preflight\s+(?:-|\S*[./]\S*)$", re.IGNORECASE
)


class TypedInput:
    """Messages from stdin. On a terminal, a message is a line or a paste; in a pipe, it is everything.

    A text with a command among its lines is a script: each of its lines is a message.
    """

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._is_script = False
        self._is_terminal = sys.stdin.isatty()
        if self._is_terminal:
            _prepare_terminal()

    def messages(self) -> Iterator[str]:
        """Yield messages until the input ends."""
        while (message := self._next()) is not None:
            yield message.strip()

    def more(self) -> str | None:
        """Read a continuation line; None at the end of the input."""
        if self._waiting:
            return self._waiting.pop(0)
        return _line(MORE) if self._is_terminal else _piped_line()

    def put_back(self, message: str) -> None:
        """Yield *message* next. It was typed at another prompt."""
        self._waiting.insert(0, message)

    def _next(self) -> str | None:
        if self._waiting:
            return self._waiting.pop(0)
        first = _line(PROMPT) if self._is_terminal else _piped_line()
        if first is None or self._is_script or "\n" in first:  # a paste that the terminal has marked
            return first
        if is_command(first):
            self._is_script = not self._is_terminal
            return first
        return self._whole("\n".join([first, *(_lines_behind() if self._is_terminal else _rest_of_pipe())]))

    def _whole(self, text: str) -> str:
        """Return *text*, or the first line of a script."""
        first, *others = text.splitlines() or [""]
        if not any(is_command(line) for line in (first, *others)):
            return text
        self._waiting = others
        return first


def is_command(line: str) -> bool:
    """Tell whether *line* can only be a command of the session."""
    return bool(_COMMAND.match(line.strip()))


def ask_line(prompt: str) -> str:
    """Ask for one line or paste on a terminal. `EOFError` at the end of the input."""
    return "\n".join([input(prompt), *_lines_behind()]).strip()


def is_interactive() -> bool:
    """Tell whether stdin and stdout are a terminal, so that a person can answer questions."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _prepare_terminal() -> None:
    """Let a paste arrive as one line, and lines be longer than the 4096 bytes that a terminal allows."""
    with suppress(ImportError):
        import readline  # `input` uses it once it is imported

        if "libedit" not in (readline.__doc__ or "") and os.environ.get("TERM", "dumb") != "dumb":
            # Python switches it off, because it writes an escape sequence before each prompt.
            readline.parse_and_bind("set enable-bracketed-paste on")


def _lines_behind() -> Iterator[str]:
    """Yield the lines that are there already, for terminals that do not mark a paste."""
    for _ in range(MOST_LINES if sys.stdin.isatty() else 0):
        if not select.select([sys.stdin], [], [], PAUSE)[0] or (line := _line("")) is None:
            return
        yield line


def _line(prompt: str) -> str | None:
    """Read one line of a terminal; None at the end of the input."""
    while True:
        try:
            return input(prompt if is_interactive() else "")
        except EOFError:
            if is_interactive():
                write([Line()], sys.stdout)
            return None
        except UnicodeDecodeError:
            write([Line("That line is not text in this terminal's encoding.")], sys.stdout)


def _piped_line() -> str | None:
    line = sys.stdin.buffer.readline(MOST_BYTES)
    return _decoded(line).rstrip("\r\n") if line else None


def _rest_of_pipe() -> Iterator[str]:
    if rest := sys.stdin.buffer.read(MOST_BYTES):
        yield _decoded(rest)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")
