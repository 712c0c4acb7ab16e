"""The table of results: each line with what must hold, whether it does, and what is still missing. Pure."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from probes.net.loss import lower_bound, upper_bound
from tests.lab.statistics.judgement import Line
from tests.lab.statistics.results import Run

COMPLETE, WRONG, MISSING = 0, 1, 3  # exit codes
HEAD: Final = (
    f"{'line':38} {'runs':>9} {'right':>5} {'95 % interval':>15} {'blamed':>6} {'median s':>8}"
    f" {'load':>5} {'busy':>4}  result"
)


class Table:
    """The lines that are about *needed* series, and the runs there are."""

    def __init__(self, lines: Iterable[Line], needed: Mapping[str, int], runs: Iterable[Run]) -> None:
        self._needed = needed
        self._runs: dict[str, list[Run]] = {name: [] for name in needed}
        for run in runs:
            if len(self._runs.get(run.series, ())) < needed.get(run.series, 0):
                self._runs[run.series].append(run)
        self._lines = [line for line in lines if not needed.keys().isdisjoint(line.series)]

    @property
    def missing(self) -> int:
        """Runs that are still to be made."""
        return sum(count - len(self._runs[name]) for name, count in self._needed.items())

    def exit_code(self) -> int:
        """1 if a line does not hold, else 3 if runs are missing, else 0."""
        if any(self._is_wrong(line) for line in self._lines):
            return WRONG
        return MISSING if self.missing else COMPLETE

    def text(self) -> Iterator[str]:
        """The table, and a line about what is missing."""
        yield HEAD
        for line in self._lines:
            yield self._row(line)
        runs = [run for runs in self._runs.values() for run in runs]
        jobs = sorted({run.jobs for run in runs})
        yield f"{len(runs)} diagnoses, {' or '.join(map(str, jobs)) or 'none'} side by side."
        if busy := sum(run.busy for run in runs):
            yield f"{busy} of them were made while the machine was busy with other things."
        if self.missing:
            yield f"{self.missing} diagnoses are missing. Start again to make them."

    def _is_wrong(self, line: Line) -> bool:
        """Whether the line fails: some blame is wrong at once, too few only when all runs are there."""
        runs = self._of(line)
        judged = line.judge(runs)
        return bool(judged.blamed) or (not self._absent(line) and not judged.is_good)

    def _row(self, line: Line) -> str:
        runs = self._of(line)
        needed = sum(self._needed.get(name, 0) for name in line.series)
        if not runs:
            return f"{line.title:38} {f'0 of {needed}':>9} {'':56}missing"
        judged = line.judge(runs)
        low = 100 * lower_bound(judged.right, len(runs), 0.975)
        high = 100 * upper_bound(judged.right, len(runs), 0.975)
        result = "WRONG" if self._is_wrong(line) else "incomplete" if self._absent(line) else "holds"
        return (
            f"{line.title:38} {f'{len(runs)} of {needed}':>9} {judged.right:5} {f'{low:.1f}-{high:.1f} %':>15}"
            f" {judged.blamed:6} {statistics.median(run.seconds for run in runs):8.2f}"
            f" {statistics.median(run.load for run in runs):5.1f} {sum(run.busy for run in runs):4}"
            f"  {result}" + (f" ({judged.note})" if judged.note else "")
        )

    def _of(self, line: Line) -> Sequence[Run]:
        return [run for name in line.series for run in self._runs.get(name, ())]

    def _absent(self, line: Line) -> int:
        return sum(self._needed[name] - len(self._runs[name]) for name in line.series if name in self._needed)


def comparison(lines: Iterable[Line], one: Sequence[Run], other: Sequence[Run]) -> Iterator[str]:
    """What two files of results say about the same lines, side by side."""
    sides = f"{'right':>9} {'blamed':>6} {'median s':>8} {'load':>5}"
    yield f"{'line':38} {sides}   {sides}"
    for line in lines:
        pair = [[run for run in runs if run.series in line.series] for runs in (one, other)]
        if all(pair):
            yield f"{line.title:38} {_side(line, pair[0])}   {_side(line, pair[1])}"


def _side(line: Line, runs: Sequence[Run]) -> str:
    judged = line.judge(runs)
    seconds, load = (statistics.median(getattr(run, key) for run in runs) for key in ("seconds", "load"))
    return f"{f'{judged.right} of {len(runs)}':>9} {judged.blamed:6} {seconds:8.2f} {load:5.1f}"
