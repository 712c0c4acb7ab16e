"""Makes the runs that are missing: several workers side by side, each with a lab of its own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.lab import privileges
from tests.lab.four_routers import FourRouters
from tests.lab.lab import Lab, Ran, Situation
from tests.lab.servers import REPOSITORY
from tests.lab.statistics.results import Run
from tests.lab.statistics.series import Series

LINEMAN: Final = [sys.executable, "-m", "bot.cli.main"]
TIMEOUT: Final = 30.0  # seconds for one diagnosis; it ends itself far sooner
PRESSURE: Final = Path("/proc/pressure/cpu")


class Schedule:
    """Hands out what is missing, the series that is furthest behind first. For several threads."""

    def __init__(self, series: Iterable[Series], done: Counter[str], deadline: float = float("inf")) -> None:
        self._series = sorted(series, key=lambda one: not one.four_routers)  # each lab changes once at most
        self._begun = Counter({one.name: min(done[one.name], one.runs) for one in self._series})
        self._deadline = deadline
        self._lock = threading.Lock()
        self.is_stopped = False

    @property
    def missing(self) -> int:
        return sum(one.runs for one in self._series) - self._begun.total()

    def take(self) -> Series | None:
        """The next run to make; None if there is none, or no time for it."""
        with self._lock:
            waiting = [one for one in self._series if self._begun[one.name] < one.runs]
            if self.is_stopped or not waiting or time.monotonic() > self._deadline:
                return None
            chosen = min(waiting, key=lambda one: (not one.four_routers, self._begun[one.name] / one.runs))
            self._begun[chosen.name] += 1
            return chosen

    def stop(self) -> None:
        """Hand out nothing more; what runs is not counted."""
        self.is_stopped = True


class OneLab:
    """The lab of one worker: the usual one, or the one with four routers."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._lab: Lab | None = None
        self._four: FourRouters | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def put(self, series: Series) -> Situation:
        """Put what *series* says in force."""
        if series.four_routers:
            return self._four_routers().put(series.rules, is_silent=series.is_silent)
        return self._usual().put(series.scenario.world())

    def _usual(self) -> Lab:
        if not self._lab:
            self._stack.close()
            self._four = None
            self._lab = self._stack.enter_context(Lab.start())
        return self._lab

    def _four_routers(self) -> FourRouters:
        if not self._four:
            self._stack.close()
            self._lab = None
            self._four = self._stack.enter_context(FourRouters.start())
            self._four.limit_icmp(1000)  # milliseconds, as Linux does
        return self._four


def work(schedule: Schedule, jobs: int, limit: float, code: str, save: Callable[[Run], None]) -> None:
    """Make every run that *schedule* hands out. A signal ends it after the runs that are being made."""
    privileges.compile_packages(REPOSITORY)
    with ThreadPoolExecutor(jobs) as pool:
        try:
            workers = [pool.submit(_worker, schedule, jobs, limit, code, save) for _ in range(jobs)]
            done, _ = wait(workers, return_when=FIRST_EXCEPTION)
            for worker in done:
                worker.result()
        finally:
            schedule.stop()


def _worker(schedule: Schedule, jobs: int, limit: float, code: str, save: Callable[[Run], None]) -> None:
    with OneLab() as lab:
        while series := schedule.take():
            situation = lab.put(series)
            load, waited, began = _load(), _waited(), time.monotonic()
            result = _diagnose(situation, series.scenario.arguments())
            seconds = time.monotonic() - began
            if schedule.is_stopped:
                return
            machine = {"load": round(load, 2), "busy": load > limit, "jobs": jobs, "code": code}
            share = round((_waited() - waited) / seconds, 3)
            save(Run(series.name, **result, seconds=round(seconds, 2), waited=share, **machine))


def _diagnose(situation: Situation, words: Sequence[str]) -> dict[str, Any]:
    """One diagnosis in a process of its own, as a person would start it: what is noted of it."""
    argv = [*LINEMAN, *words, "--network", str(situation.network_file), "--json"]
    try:
        return summary(situation.run(argv, timeout=TIMEOUT))
    except subprocess.TimeoutExpired:
        return {"failed": f"no diagnosis within {TIMEOUT:.0f} s"}


def summary(ran: Ran) -> dict[str, Any]:
    """What is noted of the JSON that a diagnosis printed."""
    try:
        diagnosis = json.loads(ran.stdout)
        found = diagnosis["found"]
        return {
            "found": tuple(item["id"] for item in found),
            "risks": tuple(item["id"] for item in diagnosis["risks"]),
            "measurements": diagnosis["measurements"],
            "place": next((item["blocked_at"] for item in found if item.get("blocked_at")), None),
            "checks_ms": diagnosis["timings"]["looks_ms"],
        }
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        last = (ran.stderr.strip().splitlines() or [repr(error)])[-1]
        return {"failed": f"exit code {ran.returncode}: {last[:200]}"}


def _load() -> float:
    """Processes that want a processor, per processor, over the last minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def _waited() -> float:
    """Seconds since boot in which some process waited for a processor (Documentation/accounting/psi.rst)."""
    if not PRESSURE.exists():
        return 0.0
    return int(PRESSURE.read_text().split("total=")[1].split()[0]) / 1e6
