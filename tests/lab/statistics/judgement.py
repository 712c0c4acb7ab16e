"""What must hold of the runs of each series, as lines of the table. Pure."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.lab.four_routers import ASKED, ROUTERS
from tests.lab.statistics import series
from tests.lab.statistics.results import Run

EFFECTS: Final = frozenset({"packet-loss", "quality-poor"})  # what a bad line itself is called
ENOUGH: Final = {5: 0.95, 10: 0.95, 20: 0.70}  # the share of drops to be found, by loss in percent
LOSS_FOUND: Final = 0.95  # the share of runs that find the loss itself, where it is three times the limit
POINTS: Final = 2.0  # how far the mean loss may be off, in percentage points
SHARE: Final = 0.2  # how far the mean jitter may be off, of what the lab made
HELD: Final = 0.9  # the share of intervals that hold the true loss


@dataclass(frozen=True, slots=True)
class Judged:
    """What the runs of a line are worth: how many are right, how many blame what is not broken."""

    right: int
    is_good: bool
    blamed: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: the series it is about, and what must hold of their runs."""

    title: str
    series: tuple[str, ...]
    judge: Callable[[Sequence[Run]], Judged]


def lines() -> Iterator[Line]:
    """The whole table, in order. Series of loss alone have two lines: what was found, and what was measured."""
    for percent in series.PERCENTS:
        name = series.loss_name("alone", percent)
        yield Line(f"{name}: nothing blamed", (name,), partial(_found, "", LOSS_FOUND, loss_found=LOSS_FOUND))
    for percent in series.PERCENTS:
        for dropped, (_, cause) in series.DROPS.items():
            name = series.loss_name(dropped, percent)
            yield Line(f"{name} dropped", (name,), partial(_found, cause, ENOUGH[percent]))
    for kind in series.NARROW:
        for size in series.SIZES:
            name = series.narrow_name(kind, size)
            yield Line(name, (name,), partial(_narrow, series.is_fault(kind, size), size))
    names = tuple(series.place_name(flow, hop) for flow in ASKED for hop in range(1, len(ROUTERS) + 1))
    yield Line("place: four flows, four routers", names, _located)
    yield Line(series.SILENT, (series.SILENT,), _not_located)
    for percent in series.PERCENTS:
        name = series.loss_name("alone", percent)
        yield Line(f"{name}: measured", (name,), partial(_measured, 2 * percent - percent**2 / 100, None))
    yield Line(f"{series.ONE_WAY}: measured", (series.ONE_WAY,), partial(_measured, 10.0, None))
    for jitter in series.JITTERS:
        name = f"jitter {jitter} ms"
        yield Line(f"{name}: measured", (name,), partial(_measured, 0.0, jitter))


def _found(cause: str, enough: float, runs: Sequence[Run], *, loss_found: float = 0.0) -> Judged:
    """*cause* and nothing else is found in enough runs, and in none anything else but effects of the line."""
    wanted = {cause} - {""}
    causes = [set(run.found) - EFFECTS for run in runs if not run.failed]
    right = sum(found == wanted for found in causes)
    blamed = sum(bool(found - wanted) for found in causes)
    losses = sum("packet-loss" in run.found for run in runs)
    is_good = not blamed and right >= enough * len(runs) and losses >= loss_found * len(runs)
    return Judged(right, is_good, blamed, f"packet-loss in {losses}; {_others(runs, wanted)}".rstrip("; "))


def _narrow(is_fault: bool, size: int, runs: Sequence[Run]) -> Judged:
    """`path-mtu` alone in every run, or nothing at all where the path is no fault."""
    wanted = {"path-mtu"} if is_fault else set()
    right = sum(set(run.found) == wanted and not run.failed for run in runs)
    blamed = sum(bool(set(run.found) - wanted - EFFECTS) for run in runs)
    exact = sum(run.measurements.get("path_mtu") == size for run in runs)
    note = f"size exact in {exact}; {_others(runs, wanted)}".rstrip("; ")
    return Judged(right, right == len(runs), blamed, note)


def _located(runs: Sequence[Run]) -> Judged:
    """Each place is at most one hop off, but for one of sixteen, which is at most two off; each cause is found."""
    errors, missing, blamed = [], 0, 0
    for run in runs:
        _, flow, _, hop = run.series.split()
        cause = ASKED[flow][1]
        blamed += bool(set(run.found) - EFFECTS - {cause})
        if run.place and cause in run.found:
            errors.append(abs(run.place["hop"] - int(hop)))
        else:
            missing += 1
    right = sum(error <= 1 for error in errors)
    is_good = not blamed and right >= len(runs) - 1 and max(errors, default=0) <= 2
    note = f"{missing} not located" if missing else f"at most {max(errors, default=0)} off"
    return Judged(right, is_good, blamed, note)


def _not_located(runs: Sequence[Run]) -> Judged:
    """The cause is found, and no place is given."""
    right = sum(run.found == (ASKED["media"][1],) and run.place is None for run in runs)
    return Judged(right, right == len(runs), note=_others(runs, {ASKED["media"][1]}))


def _measured(loss: float, jitter: float | None, runs: Sequence[Run]) -> Judged:
    """The means of loss and jitter are close to what the lab made; most intervals hold the true loss."""
    measured = [run.measurements for run in runs if run.measurements.get("loss_percent") is not None]
    if not measured:
        return Judged(0, is_good=not runs, note="nothing was measured")
    held = sum(one["loss_interval"][0] <= loss <= one["loss_interval"][1] for one in measured)
    mean = statistics.fmean(one["loss_percent"] for one in measured)
    is_good = abs(mean - loss) <= POINTS and held >= HELD * len(runs)
    note = f"loss {mean:.1f} % of {loss:.1f} %, in the interval in {held}"
    if jitter is not None:
        uneven = statistics.fmean(one["jitter_ms"] for one in measured)
        is_good = is_good and abs(uneven - jitter) <= SHARE * jitter
        note += f"; jitter {uneven:.1f} of {jitter:.0f} ms"
    return Judged(held, is_good, note=note)


def _others(runs: Sequence[Run], wanted: set[str]) -> str:
    """What else came out, with how often."""
    others = Counter(
        run.failed or ", ".join(run.found) or "nothing found"
        for run in runs
        if run.failed or set(run.found) - EFFECTS != wanted
    )
    return "; ".join(f"{count} x {what}" for what, count in others.most_common())
