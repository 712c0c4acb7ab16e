"""One case on a terminal: progress, the answer, and the questions that only a person can answer."""

import sys
from typing import Literal

from bot.diagnosis.comparison import leading
from bot.diagnosis.engine import Engine
from bot.diagnosis.triage import RunRecord
from bot.errors import UsageError, unknown_word
from bot.language.refinements import spoken
from bot.model.request import Request
from bot.rendering.terminal.console import Line, write
from bot.rendering.terminal.diagnosis import LETTERS, render, render_change, render_question
from bot.rendering.terminal.live_progress import show_progress
from bot.rendering.terminal.multi_relay import render_several
from bot.rendering.view import make_view
from knowledge.model.conclusions import NextQuestion
from knowledge.model.schema import Question
from knowledge.reasoning.answers import option_for

SKIP = ("", "skip", "?")


def answer(engine: Engine, request: Request, *, verbose: bool) -> Literal["found", "clear", "unclear"]:
    """Diagnose *request*, print the answer, ask on while somebody is there; gives the outcome."""
    return talk_through(engine, request, verbose=verbose).diagnosis.outcome


def talk_through(engine: Engine, request: Request, *, verbose: bool) -> RunRecord:
    """Do the same as `answer`, and give the whole case (the leading relay's), so that questions can follow."""
    several = len(request.relays) > 1
    with show_progress(sys.stdout, engine.knowledge, several=several) as tell:
        records = engine.diagnose_all(request, tell)
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if several:
        views = [make_view(record, engine.knowledge, engine.network) for record in records]
        write(render_several(records, views, engine.network, verbose=verbose, asks=asks), sys.stdout)
    else:
        (record,) = records
        write(
            render(
                record,
                make_view(record, engine.knowledge, engine.network),
                engine.network,
                verbose=verbose,
                asks=asks,
            ),
            sys.stdout,
        )
    if asks:
        records = ask_on(engine, records)
    return leading(records)


def ask_on(engine: Engine, records: tuple[RunRecord, ...]) -> tuple[RunRecord, ...]:
    """Ask the next question until there is none, or the person has no more answers; every record hears it."""
    while question := leading(records).diagnosis.next_question:
        write(render_question(question), sys.stdout)
        try:
            text = input("> ").strip()
        except EOFError:
            write([Line()], sys.stdout)
            return records
        if text.casefold() in SKIP:
            return records
        try:
            value = meaning(engine.knowledge.questions[question.question], question, text)
        except UsageError as error:
            write([Line(str(error))], sys.stdout)
            continue
        before = leading(records)
        records = tuple(engine.add_answer(record, question.option, value) for record in records)
        after = next(record for record in records if record.relay == before.relay)
        write(render_change(before, after, make_view(after, engine.knowledge, engine.network)), sys.stdout)
    return records


def meaning(question: Question, asked: NextQuestion, text: str) -> str:
    """Take *text* as a choice's letter, its name or an answer itself; `UsageError` if it is none."""
    if option_for(question, text) is not None:
        return text
    names = [name for name, _ in asked.choices]
    named = dict(zip(LETTERS, names, strict=False)) | {name: name for name in names}
    chosen = named.get(text.casefold())
    for rule in question.answers:
        if rule.name == chosen and rule.option:
            return spoken(rule.option)
    raise unknown_word("an answer", text, named)
