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
from probes.model import Observation

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
            told.update({one.question: _row(one, progress, questions, stream) for one in _answered(progress)})
            live.update(Group(*told.values(), _foot(progress, begun)), refresh=True)

        live.update(Text("Looking…"), refresh=True)
        yield tell


def mark(answered: Answered, seen: Mapping[str, Observation]) -> str:
    """Choose the mark in front of an answer: its looks worked, failed, or some of both."""
    failed = {seen[step].failure is not None for step in answered.steps if step in seen}
    return {frozenset({False}): OK, frozenset({True}): BAD}.get(frozenset(failed), NEUTRAL)


def _lines(progress: Progress, questions: Mapping[str, Question], begun: float) -> list[Line]:
    seconds = time.perf_counter() - begun
    return [
        Line(f"{seconds:5.2f} s  {_said(one, questions)}", mark=mark(one, progress.seen))
        for one in _answered(progress)
    ]


def _said(one: Answered, questions: Mapping[str, Question]) -> str:
    question = questions[one.question]
    return f"{question.asks} {question.says(one.answer)}"


def _answered(progress: Progress) -> list[Answered]:
    return [one for one in progress.changed if one.answer is not None]


def _row(one: Answered, progress: Progress, questions: Mapping[str, Question], stream: TextIO) -> Text:
    sign = mark(one, progress.seen)
    text = fit(f"{sign} {_said(one, questions)}", stream)
    return Text(text, STYLES[sign], no_wrap=True, overflow="ellipsis")


def _foot(progress: Progress, begun: float) -> Text:
    seconds = time.perf_counter() - begun
    return Text(f"{progress.done} of {progress.total} looks done, {seconds:.1f} s", "dim")
