"""`python -m tests.lab.statistics [--jobs N] [WORDS…]`: make the missing runs, and print the table.

Without words all series, else those whose name has one of them (such as `"mtu 1300"`). Exit code 0 if every line holds,
1 if one does not, 2 for a mistake, 3 if runs are missing.
"""

import argparse
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.lab import needs
from tests.lab.servers import REPOSITORY
from tests.lab.statistics import judgement, results, running, series
from tests.lab.statistics.table import Table, comparison

RESULTS: Final = REPOSITORY / "build" / "lab-statistics.jsonl"
LOAD_LIMIT: Final = 2.0  # per processor; two diagnoses side by side stay below 1
EVERY: Final = 20  # runs between two lines of progress


def main(words: list[str]) -> int:
    """Make the missing runs unless only the table is wanted; print it."""
    asked = _parse(words)
    code = "" if asked.any_code else results.fingerprint()
    wanted = _wanted(asked.words, asked.runs)
    if not wanted:
        print(f"No series has these words: {', '.join(asked.words)}", file=sys.stderr)
        return 2
    if asked.compare:
        print("\n".join(comparison(judgement.lines(), *map(results.read, (asked.results, asked.compare)))))
        return 0
    if not asked.table:
        if reason := needs.missing():
            print(reason, file=sys.stderr)
            return 2
        _make(asked, wanted, code or results.fingerprint())
    runs = results.counted(results.read(asked.results), code, with_busy=not asked.without_busy)
    table = Table(judgement.lines(), {one.name: one.runs for one in wanted}, runs)
    print("\n".join(table.text()))
    return table.exit_code()


def _make(asked: argparse.Namespace, wanted: Sequence[series.Series], code: str) -> None:
    """Make what is missing; Ctrl-C and SIGTERM end it after the runs that are being made."""
    counted = results.counted(
        results.read(asked.results), "" if asked.any_code else code, with_busy=not asked.without_busy
    )
    done = Counter(run.series for run in counted)
    schedule = running.Schedule(wanted, done, time.monotonic() + 60 * asked.minutes)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        running.work(
            schedule, asked.jobs, asked.load_limit, code, _saving(asked.results, schedule.missing, asked)
        )
    except KeyboardInterrupt:
        print("Stopped. Start again to go on.", file=sys.stderr)


def _saving(path: Path, missing: int, asked: argparse.Namespace) -> Callable[[results.Run], None]:
    """What stores each run, and prints progress."""
    lock, began = threading.Lock(), time.monotonic()
    saved = 0

    def save(run: results.Run) -> None:
        nonlocal saved
        with lock:
            results.append(path, run)
            saved += not (run.busy and asked.without_busy)
            if saved and saved % EVERY == 0:
                left = (time.monotonic() - began) / saved * (missing - saved) / 60
                print(f"{saved} of {missing} runs, some {left:.0f} minutes more", file=sys.stderr, flush=True)

    return save


def _wanted(words: Sequence[str], runs: int) -> list[series.Series]:
    chosen = [one for one in series.every() if not words or any(word in one.name for word in words)]
    return [replace(one, runs=min(runs, one.runs)) if runs else one for one in chosen]


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.statistics")
    parser.add_argument("words", nargs="*", help="only series whose name has one of these")
    parser.add_argument("--jobs", type=int, default=1, help="diagnoses side by side")
    parser.add_argument("--runs", type=int, default=0, help="at most so many runs per series")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no run after this time")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that results are added to")
    parser.add_argument(
        "--load-limit", type=float, default=LOAD_LIMIT, help="mark runs above it, per processor"
    )
    parser.add_argument(
        "--without-busy", action="store_true", help="do not count marked runs; make them again"
    )
    parser.add_argument("--any-code", action="store_true", help="count runs that other code made, too")
    parser.add_argument("--table", action="store_true", help="only print the table")
    parser.add_argument("--compare", type=Path, help="print another file of results beside this one")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
