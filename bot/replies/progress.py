"""What is shown while probes run: a live list on a terminal, a line for each answer elsewhere."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TextIO

from rich.console import Group
from rich.live import Live
from rich.text import Text

from bot.replies.page import Line, fit, open_console, write
from bot.triage import Progress, Tell
from knowledge.schema import Answered, Question

OK: Final = "\N{CHECK MARK}"
BAD: Final = "\N{BALLOT X}"
NEUTRAL: Final = "\N{BULLET}"
STYLES: Final[Mapping[str, str]] = {OK: "green", BAD: "red", NEUTRAL: ""}


@contextmanager
def show_progress(stream: TextIO, questions: Mapping[str, Question]) -> Iterator[Tell]:
    """Show on *stream* what the function given here is told; a live list leaves nothing behind."""
    begun = time.perf_counter()
    if not stream.isatty():
        yield lambda progress: write(_lines(progress, questions, begun), stream)
        return
    told: dict[str, Text] = {}
    with Live(console=open_console(stream), transient=True, auto_refresh=False) as live:

        def tell(progress: Progress) -> None:
            told.update({one.question: _row(one, questions, stream) for one in _answered(progress)})
            live.update(Group(*told.values(), _foot(progress, begun)), refresh=True)

        live.update(Text("Looking…"), refresh=True)
        yield tell


def mark(question: Question, answer: str) -> str:
    """Choose the mark in front of *answer*: fine, not fine, or neither."""
    if question.fine is None:
        return NEUTRAL
    return OK if answer == question.fine else BAD


def _lines(progress: Progress, questions: Mapping[str, Question], begun: float) -> list[Line]:
    return [
        Line(
            f"{time.perf_counter() - begun:5.2f} s  {questions[one.question].asks} "
            f"{questions[one.question].says(one.answer)}",
            mark=mark(questions[one.question], one.answer or ""),
        )
        for one in _answered(progress)
    ]


def _answered(progress: Progress) -> list[Answered]:
    return [one for one in progress.changed if one.answer is not None]


def _row(one: Answered, questions: Mapping[str, Question], stream: TextIO) -> Text:
    question = questions[one.question]
    sign = mark(question, one.answer or "")
    text = fit(f"{sign} {question.asks} {question.says(one.answer)}", stream)
    return Text(text, STYLES[sign], no_wrap=True, overflow="ellipsis")


def _foot(progress: Progress, begun: float) -> Text:
    seconds = time.perf_counter() - begun
    return Text(f"{progress.done} of {progress.total} looks done, {seconds:.1f} s", "dim")
