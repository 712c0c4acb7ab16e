"""What is shown while probes run: a live list on a terminal, a line for each answer elsewhere."""

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

# Drawing costs as much as reasoning; nobody reads faster than this.
FRAME: Final = 0.05  # seconds
STYLES: Final[Mapping[str, str]] = {OK: "green", BAD: "red", NEUTRAL: ""}


@contextmanager
def show_progress(
    stream: TextIO, knowledge: Knowledge, *, several: bool = False
) -> Iterator[ProgressCallback]:
    """Show on *stream* what the function given here is told; a live list leaves nothing behind.

    With *several* relays each line says from which one it comes.
    """
    begun = time.perf_counter()
    if not stream.isatty():
        yield lambda progress: write(_lines(progress, knowledge, begun, several=several), stream)
        return
    told: dict[tuple[str, str], Text] = {}
    shown = begun
    with Live(console=open_console(stream), transient=True, auto_refresh=False) as live:

        def tell(progress: Progress) -> None:
            where = f"{progress.relay}: " if several else ""
            for one in _answered(progress):
                told[where, one.question] = _row(one, progress, knowledge, stream, where)
            nonlocal shown
            due = time.perf_counter() - shown >= FRAME
            shown = time.perf_counter() if due else shown
            live.update(Group(*told.values(), _foot(progress, begun)), refresh=due)

        live.update(Text("Looking…"), refresh=True)
        yield tell


def _lines(progress: Progress, knowledge: Knowledge, begun: float, *, several: bool) -> list[Line]:
    where = f"{progress.relay}: " if several else ""
    seconds = time.perf_counter() - begun
    return [
        Line(f"{seconds:5.2f} s  {where}{_said(one, knowledge)}", mark=mark(one, knowledge, progress.seen))
        for one in _answered(progress)
    ]


def _said(one: Answered, knowledge: Knowledge) -> str:
    question = knowledge.questions[one.question]
    return f"{question.asks} {question.says(one.answer)}"


def _answered(progress: Progress) -> list[Answered]:
    return [one for one in progress.changed if one.answer is not None]


def _row(one: Answered, progress: Progress, knowledge: Knowledge, stream: TextIO, where: str) -> Text:
    sign = mark(one, knowledge, progress.seen)
    text = fit(f"{sign} {where}{_said(one, knowledge)}", stream)
    return Text(text, STYLES[sign], no_wrap=True, overflow="ellipsis")


def _foot(progress: Progress, begun: float) -> Text:
    seconds = time.perf_counter() - begun
    return Text(f"{progress.done} of {progress.total} looks done, {seconds:.1f} s", "dim")
