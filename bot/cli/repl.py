"""The conversation on a terminal: a line is a case to look into, a story, a question, a choice, `help` or `quit`."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.engine import Engine, load_engine
from bot.diagnosis.triage import RunRecord
from bot.errors import UsageError
from bot.language.case_context import CaseContext, context_of_case
from bot.language.command_parser import parse
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch
from bot.rendering.terminal.console import Line, write
from bot.rendering.view import make_view

PROMPT: Final = "lineman> "
MORE: Final = "... "
SHORTEST: Final = 40  # characters: what is shorter and no JSON is neither a report nor a tool's output
LEAVE: Final = ("quit", "exit", "bye", "q")

HELP: Final = (
    Line("/diagnose CODE [platform] [edge=E] [sdk-version=V] [turn=yes|no] [vpn=yes|no]", "bold"),
    Line(
        "looks from this host, and says what is wrong and what to do. For example: /diagnose 31009 ios",
        indent=2,
    ),
    Line("what happens, in your words", "bold"),
    Line(
        "without a code, for example: connected but silence. The best readings are there to choose from",
        indent=2,
    ),
    Line("preflight FILE", "bold"),
    Line(
        "reads the report of the SDK's own test, a log or a tool's output, and lays it beside the last case. JSON can "
        "be pasted as it is; for anything else type preflight -, paste, and end with a line of only a dot",
        indent=2,
    ),
    Line("a question", "bold"),
    Line("is answered from what is written, for example: why would TURN help?", indent=2),
    Line("help", "bold"),
    Line("shows this", indent=2),
    Line("quit", "bold"),
    Line("leaves; so does the end of the input", indent=2),
)

TOLD: Final = ("sdk-version", "turn", "vpn")


@dataclass(slots=True)
class Repl:
    """What has been said: the last case, the causes its story meant, the readings that wait for a choice."""

    engine: Engine
    record: "RunRecord | None" = None
    waiting: "SymptomMatch | None" = None
    meant: tuple[str, ...] = ()


def run_repl(network: str | None, vantage: str | None) -> int:
    """Talk until the person leaves; the exit code is 0."""
    repl = Repl(load_engine(network, vantage, remote=True))
    if sys.stdin.isatty():
        write([Line("Lineman. Type /diagnose 31009, what happens, a question, help or quit.")], sys.stdout)
    for line in _typed():
        word = line.lstrip("/").casefold()
        if word in LEAVE:
            break
        if word in ("help", "?"):
            write(HELP, sys.stdout)
        elif word:
            _take(repl, line)
        sys.stdout.flush()
    return 0


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


def _take(repl: Repl, line: str) -> None:
    """Do what *line* asks for, or say what it should have been."""
    try:
        first = line.split()[0].lstrip("/").casefold()
        if _reported(repl, line):
            return
        if repl.waiting and line.strip(" .)").isdecimal() and len(line) <= 3:
            _choose(repl, int(line.strip(" .)")))
        elif first == "diagnose" or first[:1].isdecimal():
            _asked(repl, line)
        else:
            _said(repl, line)
    except UsageError as error:
        write([Line(str(error))], sys.stdout)
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        write([Line("Stopped.")], sys.stdout)


def _reported(repl: Repl, line: str) -> bool:
    """Go on with the report in *line*, or in the file that it names; false where there is none."""
    if line[:1] not in ("{", "[") and len(line) < SHORTEST and "preflight" not in line[:10].casefold():
        return False
    from bot.cli.repl_reports import file_named, find_report, go_on, pasted_whole, read_named

    if name := file_named(line):
        reading, words = read_named(name, line, _more)
    else:
        words = pasted_whole(line, _more)
        found = find_report(words)
        if found is None:
            return False
        reading = found
    repl.waiting = None
    repl.record = go_on(repl.engine, repl.record, reading, words)
    return True


def _asked(repl: Repl, line: str) -> None:
    """Diagnose a code; words without one that were meant as a command are read as a story."""
    words = line.split()
    try:
        request = parse(line, repl.engine.vocabulary)
    except UsageError:
        if len(words) <= 3 or any(word.isdecimal() for word in words[:2]):
            raise
        _free(repl, " ".join(words[1:]))
        return
    _diagnose(repl, request)


def _diagnose(repl: Repl, request: Request, meant: tuple[str, ...] = ()) -> None:
    from bot.cli.interactive import talk_through

    repl.waiting, repl.meant = None, meant
    repl.record = talk_through(repl.engine, request, verbose=False)


def _said(repl: Repl, line: str) -> None:
    """Do what *line* says about the last case, or take it as free words."""
    if repl.record and (request := _changed(repl, repl.record, line)):
        _diagnose(repl, request, repl.meant)
    else:
        _free(repl, line)


def _changed(repl: Repl, record: "RunRecord", line: str) -> Request | None:
    """The last case with what *line* changes about it: another platform, edge, an answer, or once more."""
    from bot.language.intents import ThreadContext, read_intent
    from bot.language.router import is_question

    intent = read_intent(line, ThreadContext(repl.engine.vocabulary))
    if intent.kind not in ("platform", "edge", "answer", "again") or is_question(line):
        return None
    changes = dict(intent.values)
    old = record.request
    answers: dict[str, str] = {name: changes[name] for name in TOLD if name in changes}
    return replace(
        old,
        platform=changes.get("platform", old.platform),
        edge=changes.get("edge", old.edge),
        answers=dict(old.answers) | answers,
    )


def _free(repl: Repl, line: str) -> None:
    """A question or a story: answer it, go ahead with what it tells, or offer its readings."""
    from bot.language.answering import Answer
    from bot.language.llm_settings import read_endpoint
    from bot.language.make_request import request_for
    from bot.language.rewording import reword_now
    from bot.language.router import take
    from bot.rendering.symptom_text import looked_into_as
    from bot.rendering.terminal.answer import render_answer, render_readings

    engine = repl.engine
    about = _about(repl)
    found = take(line, about, engine.knowledge, engine.network, engine.vocabulary)
    if isinstance(found, Answer):
        worded = reword_now(line, found, about.evidence, read_endpoint(os.environ))
        write(render_answer(worded), sys.stdout)
        return
    numbered = found.verdict == "close" and not found.codes
    write(render_readings(found, numbered=numbered), sys.stdout)
    if numbered:
        repl.waiting = found
        write([Line("Type a number.", "dim")], sys.stdout)
    elif found.offered and (
        request := request_for(found, found.offered, engine.knowledge, engine.vocabulary)
    ):
        if not found.codes:
            write([Line(looked_into_as(request))], sys.stdout)
        _diagnose(repl, request, tuple(candidate.cause for candidate in found.offered[:1]))


def _choose(repl: Repl, number: int) -> None:
    """Go ahead with the reading that was chosen by its number; the last number is none of them."""
    from bot.language.make_request import request_for
    from bot.rendering.symptom_text import looked_into_as

    readings = repl.waiting
    if readings is None:
        return
    if not 1 <= number <= len(readings.offered) + 1:
        raise UsageError(f"Type a number from 1 to {len(readings.offered) + 1}.")
    repl.waiting = None
    if number > len(readings.offered):
        write(
            [Line("Then say more: what you see or hear, where it works and where not, or the code.")],
            sys.stdout,
        )
        return
    chosen = readings.offered[number - 1]
    if request := request_for(readings, (chosen,), repl.engine.knowledge, repl.engine.vocabulary):
        write([Line(looked_into_as(request))], sys.stdout)
        _diagnose(repl, request, (chosen.cause,))


def _about(repl: Repl) -> "CaseContext":
    """The context of a question: the last case, its causes and their evidence."""
    record = repl.record
    return (
        context_of_case(
            record, make_view(record, repl.engine.knowledge, repl.engine.network).found, repl.meant
        )
        if record
        else CaseContext()
    )
