"""What the statistics hand out, store, and judge; no lab is needed for that."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.lab.lab import Ran
from tests.lab.statistics import judgement, results, running, series
from tests.lab.statistics.__main__ import main
from tests.lab.statistics.results import Run
from tests.lab.statistics.table import COMPLETE, MISSING, WRONG, Table

ALL = {one.name: one for one in series.every()}
DROPPED = series.loss_name("media", 20)
ALONE = series.loss_name("alone", 10)


def line(title: str) -> judgement.Line:
    (found,) = (one for one in judgement.lines() if one.title == title)
    return found


def loss(percent: float, low: float, high: float) -> dict[str, Any]:
    return {"loss_percent": percent, "loss_interval": [low, high], "jitter_ms": 1.0}


def test_every_series_is_in_a_line() -> None:
    """No series is run for nothing, and no line asks for one that does not exist."""
    assert {name for one in judgement.lines() for name in one.series} == set(ALL)


def test_what_must_be_shown_is_run() -> None:
    """100 runs with loss, 20 of each narrow path, each flow at each router once."""
    assert len([one for one in ALL.values() if one.four_routers]) == 4 * 4 + 1
    assert Counter(one.runs for one in ALL.values()) == {100: 12 + 1 + 2, 20: 6 * 5, 1: 17}


@pytest.mark.parametrize("one", ALL.values(), ids=ALL)
def test_every_series_has_faults_of_the_lab(one: series.Series) -> None:
    """The faults exist and take the parameters, or the routers have rules."""
    world = one.scenario.world()
    assert world.forward or world.line or world.link_mtu < 1500 or one.rules


def test_the_series_furthest_behind_is_next() -> None:
    """What was made before is not made again, and shares grow evenly; the lab with four routers comes first."""
    some = [replace(ALL[DROPPED], runs=4), replace(ALL[ALONE], runs=2), ALL[series.SILENT]]
    schedule = running.Schedule(some, Counter({DROPPED: 3}))
    assert schedule.missing == 4
    taken = [one.name for one in iter(schedule.take, None)]
    assert taken == [series.SILENT, ALONE, ALONE, DROPPED]
    assert schedule.missing == 0


def test_nothing_begins_after_the_end() -> None:
    """A schedule that is stopped, or out of time, hands out nothing."""
    late = running.Schedule(ALL.values(), Counter(), deadline=0.0)
    assert late.take() is None
    stopped = running.Schedule(ALL.values(), Counter())
    stopped.stop()
    assert stopped.take() is None


def test_runs_come_back_from_the_file(tmp_path: Path) -> None:
    """Each run is read as it was written; a line that a crash cut off costs itself only."""
    path = tmp_path / "build" / "results.jsonl"
    runs = [Run(ALONE, ("packet-loss",), code="a"), Run(DROPPED, place={"hop": 1}, code="b", busy=True)]
    results.append(path, runs[0])
    with path.open("a") as file:
        file.write(json.dumps({"series": ALONE})[:-3])
    results.append(path, runs[1])
    assert results.read(path) == runs
    assert list(results.counted(runs, "a")) == runs[:1]
    assert list(results.counted(runs, "", with_busy=False)) == runs[:1]


def test_a_changed_check_counts_from_the_beginning(tmp_path: Path) -> None:
    """The fingerprint changes with the code that decides, and with nothing else."""
    (tmp_path / "probes").mkdir()
    (tmp_path / "bot" / "slack").mkdir(parents=True)
    before = results.fingerprint(tmp_path)
    (tmp_path / "bot" / "slack" / "other.py").write_text("1")
    assert results.fingerprint(tmp_path) == before
    (tmp_path / "probes" / "check.py").write_text("1")
    assert results.fingerprint(tmp_path) != before


def test_what_a_command_printed_is_noted() -> None:
    """Causes, places, and measurements of a diagnosis; the last line of stderr where there is none."""
    printed = {
        "found": [
            {"id": "packet-loss", "blocked_at": None},
            {"id": "turn-blocked", "blocked_at": {"hop": 2}},
        ],
        "risks": [],
        "measurements": {"path_mtu": 1300},
        "timings": {"looks_ms": 12.5},
    }
    noted = running.summary(Ran(0, json.dumps(printed), "", 1.0))
    assert Run("any", **noted) == Run(
        "any", ("packet-loss", "turn-blocked"), (), {"path_mtu": 1300}, {"hop": 2}, checks_ms=12.5
    )
    assert running.summary(Ran(70, "", "Traceback\nOSError: full", 1.0)) == {
        "failed": "exit code 70: OSError: full"
    }


@pytest.mark.parametrize(
    ("found", "right", "blamed"),
    [
        (("media-udp-blocked", "packet-loss"), 1, 0),
        (("media-udp-blocked",), 1, 0),
        (("packet-loss",), 0, 0),
        (("media-udp-blocked", "turn-blocked"), 0, 1),
        (("signaling-blocked",), 0, 1),
    ],
)
def test_a_drop_under_loss_is_judged(found: tuple[str, ...], right: int, blamed: int) -> None:
    """Only the true cause is right, beside effects of the line; another cause is blamed, none is only not right."""
    judged = line(f"{DROPPED} dropped").judge([Run(DROPPED, found)])
    assert (judged.right, judged.blamed) == (right, blamed)
    assert judged.is_good is bool(right)


def test_a_failed_run_is_not_right() -> None:
    """A diagnosis that did not end is not one that blames nothing."""
    failed = Run(ALONE, failed="no diagnosis within 30 s")
    assert line(f"{ALONE}: nothing blamed").judge([failed]).right == 0
    name = series.narrow_name("clamped", 1300)
    assert line(name).judge([Run(name, failed="x")]).right == 0


def test_enough_is_asked_for() -> None:
    """At 20 % loss each way, 70 of 100 are enough, and 69 are not; for loss alone, packet-loss in 95."""
    right, none = Run(DROPPED, ("media-udp-blocked",)), Run(DROPPED)
    judge = line(f"{DROPPED} dropped").judge
    assert judge([right] * 70 + [none] * 30).is_good
    assert not judge([right] * 69 + [none] * 31).is_good
    judge = line(f"{ALONE}: nothing blamed").judge
    assert judge([Run(ALONE, ("packet-loss",))] * 95 + [Run(ALONE)] * 5).is_good
    assert not judge([Run(ALONE, ("packet-loss",))] * 94 + [Run(ALONE)] * 6).is_good


def test_a_narrow_path_is_judged() -> None:
    """Each run must find path-mtu where it is a fault, and nothing where it is none."""
    bad, good = series.narrow_name("in", 1300), series.narrow_name("discovered", 1300)
    assert line(bad).judge([Run(bad, ("path-mtu",), measurements={"path_mtu": 1300})]).is_good
    assert not line(bad).judge([Run(bad)]).is_good
    assert line(good).judge([Run(good)]).is_good
    assert line(good).judge([Run(good, ("path-mtu",))]).blamed == 1


def test_a_limited_mss_does_not_help_dtls() -> None:
    """Where packets as long as a browser's DTLS are lost, path-mtu is right although TCP fits."""
    short, long = (series.narrow_name("clamped", size) for size in (1200, 1280))
    assert line(short).judge([Run(short, ("path-mtu",))]).is_good
    assert not line(short).judge([Run(short)]).is_good
    assert line(long).judge([Run(long, ("path-mtu",))]).blamed == 1


@pytest.mark.parametrize(
    ("places", "is_good"),
    [
        ([0] * 16, True),
        ([1] * 15 + [2], True),
        ([1] * 14 + [2] * 2, False),
        ([0] * 15 + [3], False),
        ([0] * 15 + [None], True),
        ([0] * 14 + [None] * 2, False),
    ],
)
def test_places_are_judged(places: list[int | None], is_good: bool) -> None:
    """At most one hop off in fifteen of sixteen, and never more than two."""
    located = line("place: four flows, four routers")
    runs = []
    for name, error in zip(located.series, places, strict=True):
        _, flow, _, hop = name.split()
        place = None if error is None else {"hop": int(hop) + error}
        runs.append(Run(name, (judgement.ASKED[flow][1],), place=place))
    assert located.judge(runs).is_good is is_good


def test_a_place_on_a_silent_path_is_wrong() -> None:
    """Where no router answers, the cause is found without a place."""
    silent = line(series.SILENT)
    assert silent.judge([Run(series.SILENT, ("media-udp-blocked",))]).is_good
    assert not silent.judge([Run(series.SILENT, ("media-udp-blocked",), place={"hop": 1})]).is_good


@pytest.mark.parametrize(
    ("runs", "is_good"),
    [
        ([loss(19.0, 15, 24)] * 9 + [loss(19.0, 20, 24)], True),
        ([loss(19.0, 15, 24)] * 8 + [loss(19.0, 20, 24)] * 2, False),  # 8 of 10 intervals
        ([loss(21.1, 15, 24)] * 10, False),  # the mean is 2.1 points off
        ([loss(19.0, 15, 24)] * 8 + [{"loss_percent": None}] * 2, False),
        ([{}], False),
    ],
)
def test_measured_loss_is_judged(runs: list[dict[str, Any]], is_good: bool) -> None:
    """19 % of the round trips are lost at 10 % each way: the mean is close, and nine of ten intervals hold it."""
    judged = line(f"{ALONE}: measured").judge([Run(ALONE, measurements=one) for one in runs])
    assert judged.is_good is is_good


@pytest.mark.parametrize(("jitter", "is_good"), [(20.0, True), (23.9, True), (24.1, False), (15.9, False)])
def test_measured_jitter_is_judged(jitter: float, is_good: bool) -> None:
    """The mean jitter is within a fifth of what the lab made."""
    run = Run("jitter 20 ms", measurements=loss(0.0, 0, 1) | {"jitter_ms": jitter})
    assert line("jitter 20 ms: measured").judge([run]).is_good is is_good


def test_the_table_says_what_is_missing() -> None:
    """Missing runs are 3, what does not hold is 1, blame is wrong at once, and all right is 0."""
    needed = {DROPPED: 2}

    def table(*found: str) -> Table:
        return Table(judgement.lines(), needed, [Run(DROPPED, (one,)) for one in found])

    assert table().exit_code() == table("media-udp-blocked").exit_code() == MISSING
    assert table("media-udp-blocked", "media-udp-blocked").exit_code() == COMPLETE
    assert table("packet-loss", "packet-loss").exit_code() == WRONG
    assert table("turn-blocked").exit_code() == WRONG
    _, row, *_, last = table("media-udp-blocked").text()
    assert row.startswith(f"{DROPPED} dropped")
    assert "incomplete" in row
    assert last == "1 diagnoses are missing. Start again to make them."


def test_the_table_alone_needs_no_lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--table` prints what is in the file, and ends with 3 while runs are missing; unknown words end with 2."""
    path = tmp_path / "results.jsonl"
    results.append(path, Run(DROPPED, ("media-udp-blocked",), code=results.fingerprint()))
    assert main(["--table", "--results", str(path), DROPPED]) == MISSING
    assert "1 of 100     1" in capsys.readouterr().out
    assert main(["--table", "--results", str(path), "no such"]) == 2
