"""Run the interactive session: read messages until the input ends, and handle each."""

import os
import sys
from collections.abc import Callable
from functools import partial

from bot.cli.typed_input import LEAVE, TypedInput, ask_line, is_interactive
from bot.cli.vantage import find_vantage
from bot.diagnosis.engine import Engine, load_engine
from bot.rendering.terminal.console import Line, write


def run_repl(network: str | None, vantage: str | None) -> int:
    """Run the session until the user leaves. The exit code is 0."""
    typed = TypedInput()
    found = find_vantage(vantage, os.environ, asks=is_interactive(), ask=ask_line, put_back=typed.put_back)
    engine = load_engine(network, found, remote=True)
    answer: Callable[[str], None] | None = None
    if sys.stdin.isatty():
        write(
            [
                Line(
                    "Lineman. Type /diagnose 31009, describe the problem, or ask a question. Type help or quit."
                )
            ],
            sys.stdout,
        )
    for message in typed.messages():
        if message.lstrip("/").casefold() in LEAVE:
            break
        if message:
            answer = answer or _session(engine, typed)
            answer(message)
        sys.stdout.flush()
    return 0


def _session(engine: Engine, typed: TypedInput) -> Callable[[str], None]:
    """Start a session. The text model takes 0.3 s to load, so the prompt appears first."""
    # Loads the text model, so it waits for the first message.
    from bot.cli.repl_lines import answer_line
    from bot.cli.repl_session import Repl

    return partial(answer_line, Repl(engine, put_back=typed.put_back), more=typed.more)
