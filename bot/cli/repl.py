"""Run the interactive session: read lines until the input ends, and handle each."""

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
    """Run the session until the user leaves. The exit code is 0."""
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
    """Start a session. The text model takes 0.3 s to load, so the prompt appears first."""
    # Loads the text model, so it waits for the first line.
    from bot.cli.repl_lines import answer_line
    from bot.cli.repl_session import Repl

    return partial(answer_line, Repl(engine), more=_more)


def _typed() -> Iterator[str]:
    """Yield lines as they are typed, until the input ends."""
    if _asks():
        # Without readline, a terminal cuts lines at 4096 bytes. A report on one line is longer.
        with suppress(ImportError):
            import readline  # noqa: F401 - `input` uses it once it is imported
    while (line := _line(PROMPT)) is not None:
        yield line.strip()


def _line(prompt: str) -> str | None:
    """Read one line; None at the end of the input."""
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
    """Read a continuation line."""
    return _line(MORE)


def _asks() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
