"""Go on with the case of `lineman diagnose` as a session, once a message is typed that is no answer."""

import sys

from bot.cli.repl_lines import answer_line
from bot.cli.repl_session import Repl
from bot.cli.typed_input import LEAVE, TypedInput
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord


def continue_case(engine: Engine, records: tuple[RunRecord, ...], message: str) -> tuple[RunRecord, ...]:
    """Answer *message* and those after it. An empty line leaves, like `quit`; returns the records of the last case."""
    typed = TypedInput()
    typed.put_back(message)
    repl = Repl(engine, records, put_back=typed.put_back)
    for following in typed.messages():
        if not following or following.lstrip("/").casefold() in LEAVE:
            break
        answer_line(repl, following, typed.more)
        sys.stdout.flush()
    return repl.records or records
