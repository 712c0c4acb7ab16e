"""Counts and durations of this process since its start: what its metrics are made of.

No network, no clock. Any thread may count.
"""

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Key: TypeAlias = tuple[str, str]  # the name of a metric, and the value of its label or ""

# Seconds: from a lookup in a cache to a plan's whole budget. Slack wants its acknowledgment within 3 s.
BUCKETS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
# A label may come from another machine, such as the name of a check. Beyond so many values it is counted as OTHER.
MOST_VALUES: Final = 64
OTHER: Final = "other"


@dataclass(slots=True)
class Durations:
    """How many durations fell into each of `BUCKETS` and above the last one, and their sum in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0


class Tally:
    """The counts and durations of one process, by metric and label."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        self._durations: dict[Key, Durations] = {}
        self._values: dict[str, set[str]] = {}

    def count(self, name: str, value: str = "") -> None:
        """Count one event of the metric *name* whose label has *value*."""
        with self._lock:
            self._counts[name, self._bounded(name, value)] += 1

    def time(self, name: str, seconds: float, value: str = "") -> None:
        """Count a duration of the metric *name* whose label has *value*."""
        with self._lock:
            durations = self._durations.setdefault((name, self._bounded(name, value)), Durations())
            durations.counts[bisect_left(BUCKETS, seconds)] += 1
            durations.seconds += seconds

    def counts(self) -> dict[Key, int]:
        """Copy the counts."""
        with self._lock:
            return dict(self._counts)

    def durations(self) -> dict[Key, Durations]:
        """Copy the durations."""
        with self._lock:
            return {key: Durations(list(item.counts), item.seconds) for key, item in self._durations.items()}

    def _bounded(self, name: str, value: str) -> str:
        values = self._values.setdefault(name, set())
        if value not in values and len(values) >= MOST_VALUES:
            return OTHER
        values.add(value)
        return value


TALLY: Final = Tally()  # of this process, as a log is
