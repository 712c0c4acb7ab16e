"""Run one case on a terminal: progress, the answer, and follow-up questions to the user."""

import sys
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from bot.cli.text_evidence import add_evidence
from bot.cli.typed_input import ask_line, is_command, is_interactive
from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.comparison import leading
from bot.diagnosis.engine import Engine, RecordChange
from bot.diagnosis.revise import apply_changes
from bot.diagnosis.run_record import RunRecord
from bot.errors import UsageError, unknown_word
from bot.language.answer_words import is_doubt, read_answer, spoken
from bot.model.request import Request
from bot.rendering.drop_text import located
from bot.rendering.terminal.console import Line, write
from bot.rendering.terminal.diagnosis import (
    LETTERS,
    items,
    render,
    render_change,
    render_question,
    section,
)
from bot.rendering.terminal.live_progress import show_progress
from bot.rendering.terminal.multi_relay import render_several
from bot.rendering.view import make_view
from knowledge.model.conclusions import NextQuestion
from knowledge.model.schema import Question
from knowledge.reasoning.answers import option_for

SKIP = ("", "skip", "?")
PutBack: TypeAlias = Callable[[str], None]  # takes a line that belongs to the session


def answer(
    engine: Engine, request: Request, *, verbose: bool, text: str = "", add: RecordChange | None = None
) -> Literal["found", "clear", "unclear"]:
    """Diagnose *request*, print the answer, and in a terminal ask follow-up questions. Return the outcome."""
    return leading(talk_through(engine, request, verbose=verbose, text=text, add=add)).diagnosis.outcome


def talk_through(
    engine: Engine,
    request: Request,
    *,
    verbose: bool,
    text: str = "",
    put_back: PutBack | None = None,
    add: RecordChange | None = None,
) -> tuple[RunRecord, ...]:
    """Do the same as `answer`, but return the record of each relay, so that the session can continue the case.

    *text* is what asked for the diagnosis; what it shows of the user's device counts. *add* adds what is known
    from elsewhere.
    """
    several = len(request.relays) > 1
    with show_progress(sys.stdout, engine.knowledge, several=several) as tell:
        records = add_evidence(engine, engine.diagnose_all(request, tell, add), text)
    asks = is_interactive()
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
    records = _locate(engine, records)
    return ask_on(engine, records, put_back) if asks else records


def _locate(engine: Engine, records: tuple[RunRecord, ...]) -> tuple[RunRecord, ...]:
    """Find out where dropped packets are lost, print it, and return the *records* with it."""
    after = engine.locate(records)
    whole = aggregate(after)
    write(section("Where packets are lost", items(located(whole.diagnosis, whole.observations))), sys.stdout)
    return after


def ask_on(
    engine: Engine, records: tuple[RunRecord, ...], put_back: PutBack | None = None
) -> tuple[RunRecord, ...]:
    """Ask questions until none is left or one is skipped. Each answer applies to every record.

    A paste or a command is no answer: it goes to *put_back*, if there is a session to read it.
    """
    while question := leading(records).diagnosis.next_question:
        write(render_question(question), sys.stdout)
        try:
            text = ask_line("> ")
        except EOFError:
            write([Line()], sys.stdout)
            return records
        if text.casefold() in SKIP or is_doubt(text):
            return records
        if put_back and ("\n" in text or is_command(text)):
            put_back(text)
            return records
        try:
            value = meaning(engine.knowledge.questions[question.question], question, text)
        except UsageError as error:
            write([Line(str(error))], sys.stdout)
            continue
        records = conclude_with(engine, records, {question.option: value})
    return records


def conclude_with(
    engine: Engine, records: tuple[RunRecord, ...], values: Mapping[str, str]
) -> tuple[RunRecord, ...]:
    """Evaluate the *records* of a case again with *values*, such as an answer, and print what changed."""
    before = leading(records)
    after = engine.reevaluate(records, apply_changes(before.request, values, engine.vocabulary))
    now = next(record for record in after if record.relay == before.relay)
    write(render_change(before, now, make_view(now, engine.knowledge, engine.network)), sys.stdout)
    return after


def meaning(question: Question, asked: NextQuestion, text: str) -> str:
    """Parse *text* as an answer: the answer itself, a choice's letter, or its name; `UsageError` otherwise."""
    options = [rule.option for rule in question.answers if rule.option]
    meanings = {word: option.words[0] for option in options for word in option.words}
    if option_for(question, text) is not None:
        return meanings.get(text.casefold(), text.casefold().removeprefix("v"))
    names = [name for name, _ in asked.choices]
    named = dict(zip(LETTERS, names, strict=False)) | {name: name for name in names}
    chosen = named.get(text.casefold())
    for rule in question.answers:
        if rule.name == chosen and rule.option:
            return spoken(rule.option)
    if (answer := read_answer(text, meanings)) and option_for(question, answer) is not None:
        return answer
    raise unknown_word("an answer", text, named)
