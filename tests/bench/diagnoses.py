"""How long a diagnosis takes in a healthy, a half-shut and a dead network, beside a script of today's commands."""

import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench.script import SCRIPT
from tests.lab import counting
from tests.lab.lab import Lab, Situation

LINEMAN: Final = str(Path(__file__).parents[2] / ".venv" / "bin" / "lineman")
PATIENCE: Final = 180.0  # seconds; the script of single commands waits long in a dead network


@dataclass(frozen=True, slots=True)
class Goal:
    """A network, and the seconds within which it is to be judged."""

    title: str
    faults: tuple[str | tuple[str, Mapping[str, Any]], ...]
    seconds: float
    is_measured: bool = True  # STUN is answered, so that every run measures the line


GOALS: Final = (
    Goal("healthy", (), 0.6),
    Goal("signaling dropped", ("tcp",), 1.5),
    Goal("UDP range dropped", ("udp_range",), 2.0),
    Goal("everything dropped", ("everything",), 2.5, is_measured=False),
    Goal("signaling, 10 % lost", ("tcp", ("loss", {"percent": 10})), 4.0),
)
MEASURED: Final = ("loss_percent", "loss_interval", "rtt_ms", "jitter_ms", "mos")


@dataclass(frozen=True, slots=True)
class Timed:
    """Medians of several runs: seconds on the wall, and seconds of processor time with all children."""

    wall: float
    cpu: float


def measure(lab: Lab, runs: int) -> bool:
    """Print the table; whether every goal is met. The judging time is the program's own, start-up counted apart."""
    print(f"Diagnosis of 31009 for JavaScript, medians of {runs}; the script once; seconds\n")
    print(
        f"{'network':20} {'judged':>7} {'goal':>5} {'command':>8} {'cpu':>5} {'packets':>7} {'kB':>4} {'measured':>8}"
        f"   {'script':>7} {'cpu':>5}   {'ratio':>5}  {'load':>4}"
    )
    met = True
    for goal in GOALS:
        situation = lab.with_faults(*goal.faults)
        diagnoses: list[Mapping[str, Any]] = []
        with counting.packets(lab) as counted:
            whole = timed(lambda: diagnoses.append(_diagnose(situation)), runs)  # noqa: B023 - called before the loop goes on
            packets, size = counted()
        script = timed(lambda: _run(situation, ["bash", "-c", SCRIPT]), 1)  # noqa: B023 - likewise
        median = statistics.median(one["timings"]["total_ms"] / 1000 for one in diagnoses)
        measured = sum(_is_measured(one["measurements"]) for one in diagnoses)
        met = met and median <= goal.seconds and measured == (runs if goal.is_measured else 0)
        print(
            f"{goal.title:20} {median:7.2f} {goal.seconds:5.1f} {whole.wall:8.2f} {whole.cpu:5.2f}"
            f" {packets / runs:7.0f} {size / runs / 1000:4.0f} {f'{measured} of {runs}':>8}"
            f"   {script.wall:7.2f} {script.cpu:5.2f}   {script.wall / whole.wall:4.1f}x  {os.getloadavg()[0]:4.1f}",
            flush=True,
        )
    print(
        "\njudged: from the parsed request to the diagnosis; command: the whole process, Python's start included;"
        "\npackets and kB: of one diagnosis, sent and received; measured: runs with loss, round trip, jitter, and MOS;"
        "\nload: of the machine, over the last minute\n"
    )
    return met


def timed(action: Callable[[], object], runs: int) -> Timed:
    """Run *action*, which waits for its children, *runs* times."""
    walls, cpus = [], []
    for _ in range(runs):
        before, began = _cpu(), time.perf_counter()
        action()
        walls.append(time.perf_counter() - began)
        cpus.append(_cpu() - before)
    return Timed(statistics.median(walls), statistics.median(cpus))


def _diagnose(situation: Situation) -> Mapping[str, Any]:
    """One diagnosis, as JSON."""
    command = [LINEMAN, "diagnose", "31009", "javascript", "--network", str(situation.network_file), "--json"]
    diagnosis: Mapping[str, Any] = json.loads(_run(situation, command))
    return diagnosis


def _is_measured(measurements: Mapping[str, Any]) -> bool:
    return all(measurements[key] is not None for key in MEASURED)


def _run(situation: Situation, command: Sequence[str]) -> str:
    return situation.run(command, timeout=PATIENCE).stdout


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime if os.name == "posix" else 0.0
