"""Run one case on a terminal, with live progress; what writes the answer is imported when the checks are done.

Rich and the texts take 0.06 s to import. No check has to wait for them.
"""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from bot.cli.text_evidence import add_evidence
from bot.diagnosis.engine import Engine, RecordChange
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import Progress, ProgressCallback
from bot.model.request import Request


class Stopped(KeyboardInterrupt):
    """Ctrl-C during a run, with what was known by then."""

    def __init__(self, records: tuple[RunRecord, ...]) -> None:
        super().__init__()
        self.records = records


def talk_through(
    engine: Engine,
    request: Request,
    parts: Collection[str] = (),
    *,
    text: str = "",
    put_back: Callable[[str], None] | None = None,
    add: RecordChange | None = None,
    asks: bool = True,
) -> tuple[RunRecord, ...]:
    """Diagnose *request*, print the answer with *parts*, and in a terminal ask follow-up questions.

    Return the record of each relay. *text* is what asked for the diagnosis; what it shows of the user's device counts.
    What is typed at a question and is no answer goes to *put_back*. *add* adds what is known from elsewhere. Without
    *asks*, nothing is asked.
    """
    records = _run(engine, request, add)
    # Not before the checks: see above.
    from bot.cli.interactive import talk_about

    return talk_about(engine, add_evidence(engine, records, text), parts, put_back, asks=asks)


def _run(engine: Engine, request: Request, add: RecordChange | None) -> tuple[RunRecord, ...]:
    """Run *request* with live progress. After Ctrl-C, print what is known and raise `Stopped`."""
    latest: dict[str, Progress] = {}
    try:
        with _progress_line(several=len(request.relays) > 1) as tell:

            def remember(progress: Progress) -> None:
                latest[progress.relay] = progress
                tell(progress)

            return engine.diagnose_all(request, remember, add)
    except KeyboardInterrupt:
        records = tuple(progress.so_far() for progress in latest.values() if progress.so_far)
        if records:
            # Not before the checks: see above.
            from bot.cli.interactive import tell_known

            done, total = (
                sum(counts) for counts in zip(*((p.done, p.total) for p in latest.values()), strict=True)
            )
            tell_known(engine, records, done, total)
        raise Stopped(records) from None


@contextmanager
def _progress_line(*, several: bool) -> Iterator[ProgressCallback]:
    """Show the progress passed to the returned callback, if somebody can see it change."""
    if not sys.stdout.isatty():
        yield lambda _: None
        return
    # Rich takes 0.03 s to import, which a pipe does without.
    from bot.rendering.terminal.live_progress import show_progress

    with show_progress(sys.stdout, several=several) as tell:
        yield tell


def store_run(engine: Engine, records: Sequence[RunRecord]) -> None:
    """Store the run for `lineman history`, as far as this host allows it."""
    # The database takes 0.1 s to load, after the answer is on the screen.
    from bot.cli.run_store import save_run

    sys.stdout.flush()
    save_run(engine, records, os.environ)
