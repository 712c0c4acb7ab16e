"""The interactive session: read lines until the input ends, and hand each to what answers it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final

from bot.diagnosis.engine import Engine, load_engine
from bot.rendering.terminal.console import Line, write

PROMPT: Final = "lineman> "
MORE: Final = "... "
LEAVE: Final = ("quit", "exit", "bye", "q")


def run_repl(network: str | None, vantage: str | None) -> int:
    """Talk until the person leaves; the exit code is 0."""
    engine = load_engine(network, vantage, remote=True)
    answer: Callable[[str], None] | None = None
    if sys.stdin.isatty():
        write([Line("Lineman. Type /diagnose 31009, what happens, a question, help or quit.")], sys.stdout)
    for line in _typed():
        word = line.lstrip("/").casefold()
        if word in LEAVE:
            break
        if word:
            answer = answer or _session(engine)
            answer(line)
        sys.stdout.flush()
    return 0


def _session(engine: Engine) -> Callable[[str], None]:
    """Begin a session; what reads words takes 0.3 s to load, and the prompt does not wait for it."""
    from bot.cli.repl_lines import answer_line
    from bot.cli.repl_session import Repl

    return partial(answer_line, Repl(engine), more=_more)


def _typed() -> Iterator[str]:
    """Yield what is typed, line by line, until the input ends."""
    if _asks():
        # Without it a terminal cuts lines off after 4096 bytes, and a report on one line is longer.
        with suppress(ImportError):
            import readline  # noqa: F401 - `input` uses it once it is there
    while (line := _line(PROMPT)) is not None:
        yield line.strip()


def _line(prompt: str) -> str | None:
    """Read one line; None where the input ends."""
    while True:
        try:
            return input(prompt if _asks() else "")
        except EOFError:
            if _asks():
                write([Line()], sys.stdout)
            return None
        except UnicodeDecodeError:
            write([Line("That line is not text in this terminal's encoding.")], sys.stdout)


def _more() -> str | None:
    """Read a line that belongs to what came before it."""
    return _line(MORE)


def _asks() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
