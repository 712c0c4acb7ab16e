"""Print the answer of a case on a terminal, and ask the user follow-up questions."""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from bot.cli.typed_input import ask_line, is_command, is_interactive
from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.comparison import leading
from bot.diagnosis.engine import Engine
from bot.diagnosis.measurements import full_line_text
from bot.diagnosis.revise import apply_changes
from bot.diagnosis.run_record import FILL, RunRecord
from bot.errors import UsageError, unknown_word
from bot.language.answer_words import is_doubt, read_answer, spoken
from bot.rendering.drop_text import located
from bot.rendering.failure_text import sentence
from bot.rendering.terminal.console import Line, write
from bot.rendering.terminal.diagnosis import LETTERS, render_change, render_question
from bot.rendering.terminal.multi_relay import render_parts
from bot.rendering.terminal.short_answer import ShortAnswer
from bot.rendering.vantage_summary import view_together
from bot.rendering.view import make_view
from knowledge.model.conclusions import NextQuestion
from knowledge.model.schema import Question
from knowledge.reasoning.answers import option_for

SKIP = ("", "skip", "?")
PutBack: TypeAlias = Callable[[str], None]  # takes a message that belongs to the session


def talk_about(
    engine: Engine,
    records: tuple[RunRecord, ...],
    parts: Collection[str] = (),
    put_back: PutBack | None = None,
    *,
    asks: bool,
) -> tuple[RunRecord, ...]:
    """Print the answer of a case with *parts*; with *asks*, ask follow-up questions in a terminal.

    What is typed at a question and is no answer goes to *put_back*.
    """
    asks = asks and is_interactive()
    short = short_answer(engine, records, asks=asks and len(parts) == 0, printed=parts)
    write([Line(), *short.head()], sys.stdout)
    records = engine.locate(records)
    whole = aggregate(records)
    write(short.tail(located(whole.diagnosis, whole.observations)), sys.stdout)
    records = _fill(engine, records)
    if parts:
        write_parts(engine, records, parts)
    return ask_on(engine, records, put_back) if asks else records


def _fill(engine: Engine, records: tuple[RunRecord, ...]) -> tuple[RunRecord, ...]:
    """Measure the full line where that is allowed, and print what it shows."""
    after = engine.fill_lines(records)
    if after == records:
        return records
    lead = leading(after)
    looks = lead.observations.values()
    texts = [full_line_text(looks) or sentence(look) for look in looks if look.probe == FILL]
    write([Line(text, "dim") for text in texts], sys.stdout)
    before = next(record for record in records if record.relay == lead.relay)
    if lead.diagnosis.found != before.diagnosis.found:
        write(render_change(before, lead, make_view(lead, engine.knowledge, engine.network)), sys.stdout)
    return after


def tell_known(engine: Engine, records: tuple[RunRecord, ...], done: int, total: int) -> None:
    """Print what a stopped run knows after *done* of *total* checks."""
    short = short_answer(engine, records, asks=False)
    note = Line(f"Stopped after {done} of {total} checks. This is known so far:", "yellow")
    write([Line(), note, *short.head(), *short.tail()], sys.stdout)


def short_answer(
    engine: Engine, records: Sequence[RunRecord], *, asks: bool, printed: Collection[str] = ()
) -> ShortAnswer:
    """Return the short answer of a case; with *asks*, the question follows, and the parts *printed* in any case."""
    view = view_together(records, engine.knowledge, engine.network)
    return ShortAnswer(aggregate(records), view, engine.knowledge, asks, printed)


def write_parts(engine: Engine, records: Sequence[RunRecord], parts: Collection[str]) -> None:
    """Print *parts* of the case: details, rules, preflight, or all."""
    views = [make_view(record, engine.knowledge, engine.network) for record in records]
    write(render_parts(records, views, engine.network, parts), sys.stdout)


def ask_on(
    engine: Engine, records: tuple[RunRecord, ...], put_back: PutBack | None = None
) -> tuple[RunRecord, ...]:
    """Ask questions until none is left or one is skipped. Each answer applies to every record. Ctrl-C skips.

    What is no answer, such as a command, a question, or a paste, goes to *put_back*, if there is a session to read it.
    """
    while question := leading(records).diagnosis.next_question:
        write(render_question(question), sys.stdout)
        try:
            text = ask_line("> ")
        except (EOFError, KeyboardInterrupt):  # Ctrl-C leaves the question, and the run is stored
            write([Line()], sys.stdout)
            return records
        if text.casefold() in SKIP or is_doubt(text):
            write([Line("The question stays open.")] if text else [], sys.stdout)
            return records
        if put_back and ("\n" in text or is_command(text)):
            put_back(text)
            return records
        try:
            value = meaning(engine.knowledge.questions[question.question], question, text)
        except UsageError as error:
            if put_back:
                put_back(text)
                return records
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
