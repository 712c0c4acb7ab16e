"""Print styled lines to a terminal, a pipe, or a file.

On a terminal, lines are wrapped and colored (color never carries meaning alone; NO_COLOR is respected); elsewhere
they are not wrapped.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.errors import printable

# For encodings without these characters: check mark, cross, bullet, arrow, ellipsis, dashes, quotation marks.
# Characters that are not in this table become question marks.
PLAIN: Final = str.maketrans(
    dict(
        zip(
            "\u2713\u2717\u2022\u2192\u2026\u2013\u2014\u201c\u201d\u2018\u2019",
            ("+", "x", "-", ">", "...", "-", "-", '"', '"', "'", "'"),
            strict=True,
        )
    )
)

MARK: Final = "\N{BULLET}"  # of an item of a list

# Longer lines are hard to read, even in a wide window.
WIDEST: Final = 100
NARROWEST: Final = 20
USUAL: Final = 80  # where the environment says COLUMNS=0


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph with a hanging mark; code keeps its line breaks."""

    text: str = ""
    style: str = ""  # rich style: bold, dim, red, and so on
    indent: int = 0
    mark: str = ""
    code: bool = False


def write(lines: Iterable[Line], stream: TextIO) -> None:
    """Print *lines* to *stream*."""
    console = open_console(stream)
    for line in lines:
        _print(console, line, fit(line.mark, stream), fit(printable(line.text), stream))


def open_console(stream: TextIO) -> Console:
    """Make a console that prints text without interpreting markup."""
    console = _Console(file=stream, markup=False, highlight=False, emoji=False)
    console.width = console.width or USUAL
    if console.is_terminal:
        console.width = min(console.width, WIDEST)
    return console


class _Console(Console):
    """Rich exits the process on a broken pipe; here the command line decides how to exit."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError."""
        raise BrokenPipeError


def fit(text: str, stream: TextIO) -> str:
    """Replace the characters of *text* that *stream* cannot encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def to_text(lines: Iterable[Line]) -> str:
    """Return *lines* as plain text, not wrapped."""
    stream = io.StringIO()
    write(lines, stream)
    return stream.getvalue()


def as_on_screen(lines: Iterable[Line], width: int) -> str:
    """Return *lines* as a terminal of *width* columns shows them, without color."""
    stream = io.StringIO()
    console = _Console(
        file=stream,
        markup=False,
        highlight=False,
        emoji=False,
        width=width,
        force_terminal=True,
        color_system=None,
    )
    for line in lines:
        _print(console, line, line.mark, printable(line.text))
    return stream.getvalue()


def height(lines: Iterable[Line], width: int) -> int:
    """Count the rows that *lines* take on a terminal of *width* columns."""
    return as_on_screen(lines, width).count("\n")


def _print(console: Console, line: Line, mark: str, text: str) -> None:
    """Print one paragraph with its hanging mark."""
    lead = " " * line.indent + (f"{mark} " if mark else "")
    body = Text(text, line.style)
    width = console.width - cell_len(lead)
    whole = line.code or not console.is_terminal
    for part in body.split("\n", allow_blank=True) if whole else body.wrap(console, max(width, NARROWEST)):
        part.rstrip()
        console.print(Text(lead, line.style) + part if part else "", soft_wrap=True)
        lead = " " * cell_len(lead)
