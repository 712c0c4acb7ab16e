"""Live progress on a terminal: one line per layer, and what the run waits for. Elsewhere nothing is printed."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from bot.diagnosis.triage import Progress, ProgressCallback
from bot.rendering.layers import LAYERS, UNKNOWN, layer_of, live_sign
from bot.rendering.marks import BAD, OK
from bot.rendering.terminal.console import fit, open_console
from probes.protocol.model import Step

# Frames per second. The clock must move while nothing else does; drawing takes about 1 ms.
FRAMES: Final = 8
STYLES: Final[Mapping[str, str]] = {OK: "green", BAD: "red", UNKNOWN: ""}
_WIDEST: Final = max(map(len, LAYERS))
_WAITS: Final = 2  # checks named in the last line


@contextmanager
def show_progress(stream: TextIO, *, several: bool = False) -> Iterator[ProgressCallback]:
    """Show the progress passed to the returned callback on *stream*; the live lines are removed at the end.

    With *several* relays, each layer has a sign per relay.
    """
    board = Board(stream, several)
    if not stream.isatty():
        yield lambda _: None
        return
    with Live(board, console=open_console(stream), transient=True, refresh_per_second=FRAMES):
        yield board.tell


@dataclass(slots=True)
class Board:
    """The live lines: the last progress of each relay, drawn again at each frame."""

    stream: TextIO
    several: bool = False
    begun: float = field(default_factory=time.perf_counter)
    latest: dict[str, Progress] = field(default_factory=dict)

    def tell(self, progress: Progress) -> None:
        """Take the latest progress of a relay."""
        self.latest[progress.relay] = progress

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw all lines as of now."""
        yield from self.lines(time.perf_counter() - self.begun)

    def lines(self, seconds: float) -> Iterator[Text]:
        """Yield the lines after so many *seconds*."""
        every = tuple(self.latest.values())
        for layer in LAYERS:
            row = Text(no_wrap=True, overflow="ellipsis")
            for progress in every:
                steps = [step for step in _steps(progress) if layer_of(step.probe) == layer]
                if steps:
                    row.append_text(self._cell(layer, steps, progress))
            if row:
                yield row
        yield Text(fit(_foot(every, seconds), self.stream), "dim", no_wrap=True, overflow="ellipsis")

    def _cell(self, layer: str, steps: list[Step], progress: Progress) -> Text:
        sign = live_sign(steps, progress.observations)
        done = sum(step.id in progress.observations for step in steps)
        where = f"  {progress.relay}" if self.several else ""
        text = f"{sign} {layer.ljust(_WIDEST)} {done} of {len(steps)}{where}   "
        return Text(fit(text, self.stream), STYLES[sign])


def _steps(progress: Progress) -> tuple[Step, ...]:
    return progress.plan.steps if progress.plan else ()


def _foot(every: tuple[Progress, ...], seconds: float) -> str:
    """Count the checks, and name those that the run waits for."""
    if not every:
        return f"Starting the checks, {seconds:.1f} s"
    done, total = (sum(counts) for counts in zip(*((each.done, each.total) for each in every), strict=True))
    waits = list(dict.fromkeys(name for each in every for name in _waits_for(each)))
    more = f" and {len(waits) - _WAITS} more" if len(waits) > _WAITS else ""
    names = f", waiting for {', '.join(waits[:_WAITS])}{more}" if waits else ""
    return f"{done} of {total} checks done, {seconds:.1f} s{names}"


def _waits_for(progress: Progress) -> Iterator[str]:
    """Name the checks that run now: those whose requirements are met."""
    for step in progress.pending:
        if all(before in progress.observations for before in step.after):
            yield f"{layer_of(step.probe) or step.probe} at {step.target.host or step.target.service}"
