"""Live progress: an updating list on a terminal, one line per answer elsewhere."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TextIO

from rich.console import Group
from rich.live import Live
from rich.text import Text

from bot.diagnosis.triage import Progress, ProgressCallback
from bot.rendering.marks import BAD, NEUTRAL, OK, mark
from bot.rendering.terminal.console import Line, fit, open_console, write
from knowledge.model.conclusions import Answered
from knowledge.model.schema import Knowledge

# Drawing costs as much as reasoning, and nobody reads faster than this.
FRAME: Final = 0.05  # seconds
STYLES: Final[Mapping[str, str]] = {OK: "green", BAD: "red", NEUTRAL: ""}


@contextmanager
def show_progress(
    stream: TextIO, knowledge: Knowledge, *, several: bool = False
) -> Iterator[ProgressCallback]:
    """Show the progress passed to the returned callback on *stream*; the live list is removed at the end.

    With *several* relays, each line names its relay.
    """
    begun = time.perf_counter()
    if not stream.isatty():
        yield lambda progress: write(_lines(progress, knowledge, begun, several=several), stream)
        return
    answers: dict[tuple[str, str], Text] = {}
    visible = begun
    with Live(console=open_console(stream), transient=True, auto_refresh=False) as live:

        def tell(progress: Progress) -> None:
            where = f"{progress.relay}: " if several else ""
            for answered in _answered(progress):
                answers[where, answered.question] = _row(answered, progress, knowledge, stream, where)
            nonlocal visible
            due = time.perf_counter() - visible >= FRAME
            visible = time.perf_counter() if due else visible
            live.update(Group(*answers.values(), _foot(progress, begun)), refresh=due)

        live.update(Text("Looking…"), refresh=True)
        yield tell


def _lines(progress: Progress, knowledge: Knowledge, begun: float, *, several: bool) -> list[Line]:
    where = f"{progress.relay}: " if several else ""
    seconds = time.perf_counter() - begun
    return [
        Line(
            f"{seconds:5.2f} s  {where}{_said(answered, knowledge)}",
            mark=mark(answered, knowledge, progress.observations),
        )
        for answered in _answered(progress)
    ]


def _said(answered: Answered, knowledge: Knowledge) -> str:
    question = knowledge.questions[answered.question]
    return f"{question.asks} {question.says(answered.answer)}"


def _answered(progress: Progress) -> list[Answered]:
    return [answered for answered in progress.changed if answered.answer is not None]


def _row(answered: Answered, progress: Progress, knowledge: Knowledge, stream: TextIO, where: str) -> Text:
    sign = mark(answered, knowledge, progress.observations)
    text = fit(f"{sign} {where}{_said(answered, knowledge)}", stream)
    return Text(text, STYLES[sign], no_wrap=True, overflow="ellipsis")


def _foot(progress: Progress, begun: float) -> Text:
    seconds = time.perf_counter() - begun
    return Text(f"{progress.done} of {progress.total} looks done, {seconds:.1f} s", "dim")
