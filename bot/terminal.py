"""One case on a terminal: progress, the answer, and the questions that only a person can answer."""

import sys
from typing import Literal

from bot.desk import Desk
from bot.errors import UsageError, unknown
from bot.replies.page import Line, write
from bot.replies.progress import show_progress
from bot.replies.terminal import LETTERS, render, render_change, render_question
from bot.request import Request
from bot.triage import CaseRecord
from knowledge.answers import option_for
from knowledge.schema import NextQuestion, Option, Question

SKIP = ("", "skip", "?")


def answer(desk: Desk, request: Request, *, verbose: bool) -> Literal["found", "clear", "unclear"]:
    """Diagnose *request*, print the answer, ask on while somebody is there; gives the outcome."""
    return talk_through(desk, request, verbose=verbose).diagnosis.outcome


def talk_through(desk: Desk, request: Request, *, verbose: bool) -> CaseRecord:
    """Do the same as `answer`, and give the whole case, so that questions about it can follow."""
    with show_progress(sys.stdout, desk.knowledge) as tell:
        record = desk.diagnose(request, tell)
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    write(render(record, desk.view(record), desk.network, verbose=verbose, asks=asks), sys.stdout)
    if asks:
        record = _ask_on(desk, record)
    return record


def _ask_on(desk: Desk, record: CaseRecord) -> CaseRecord:
    """Ask the next question until there is none, or the person has no more answers."""
    while question := record.diagnosis.next_question:
        write(render_question(question), sys.stdout)
        try:
            said = input("> ").strip()
        except EOFError:
            write([Line()], sys.stdout)
            return record
        if said.casefold() in SKIP:
            return record
        try:
            value = meaning(desk.knowledge.questions[question.question], question, said)
        except UsageError as error:
            write([Line(str(error))], sys.stdout)
            continue
        before, record = record, desk.tell_more(record, question.option, value)
        write(render_change(before, record, desk.view(record)), sys.stdout)
    return record


def meaning(question: Question, asked: NextQuestion, said: str) -> str:
    """Take *said* as a choice's letter, its name or an answer itself; `UsageError` if it is none."""
    if option_for(question, said) is not None:
        return said
    names = [name for name, _ in asked.choices]
    named = dict(zip(LETTERS, names, strict=False)) | {name: name for name in names}
    chosen = named.get(said.casefold())
    for one in question.answers:
        if one.name == chosen and one.option:
            return spoken(one.option)
    raise unknown("an answer", said, named)


def spoken(option: Option) -> str:
    """Say *option* as a person would: one of its words, or a version in its span."""
    if option.words:
        return option.words[0]
    return option.from_ or "0"
