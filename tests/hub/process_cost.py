"""What processes cost: their CPU seconds, and their resident memory."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def cpu(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes so far, and of their children that have ended."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(sum(map(int, field[11:15])) for field in fields) / ticks


def resident(pids: Sequence[int]) -> float:
    """Return the proportional resident memory of processes in kB: shared pages count once."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
