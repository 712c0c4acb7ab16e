"""How often a narrow path is found, and never blamed where it works: many runs of each size, as a table.

`python -m tests.lab.mtu_statistics [--runs N] [--sizes 1280,1300] [KIND...]`; without kinds, all of them.
Serial: all of it takes about 40 minutes. Exit code 1 if a run is wrong.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from tests.lab import needs
from tests.lab.lab import Lab
from tests.lab.scenarios import Scenario

LINEMAN: Final = [sys.executable, "-m", "bot.cli.main"]
SIZES: Final = (1200, 1280, 1300, 1400, 1452)
# What becomes of packets that are too long, by the fault that does it; then whether that is a fault.
KINDS: Final[dict[str, tuple[str, dict[str, Any], bool]]] = {
    "both": ("long_packets", {}, True),
    "out": ("long_packets", {"way": "out"}, True),
    "in": ("long_packets", {"way": "in"}, True),
    "silent-link": ("narrow_link", {"icmp": False}, True),
    "discovered": ("narrow_link", {}, False),
    "clamped": ("narrow_link", {"icmp": False, "clamped": True}, False),
}


@dataclass(slots=True)
class NarrowPath:
    """One kind of path with one size, and what came out so far."""

    kind: str
    size: int
    results: Counter[tuple[tuple[str, ...], int | None]] = field(default_factory=Counter)  # found, path_mtu
    seconds: list[float] = field(default_factory=list)

    @property
    def scenario(self) -> Scenario:
        fault, parameters, _ = KINDS[self.kind]
        size = {"longest" if fault == "long_packets" else "mtu": self.size}
        faults = ((fault, {**size, **parameters}),)
        return Scenario(self.kind, "", faults=faults, options={"platform": "javascript"})

    @property
    def wanted(self) -> tuple[str, ...]:
        return ("path-mtu",) if KINDS[self.kind][2] else ()

    @property
    def right(self) -> int:
        return sum(count for (found, _), count in self.results.items() if found == self.wanted)

    @property
    def measured(self) -> int:
        """Runs that measured the true size."""
        return sum(count for (_, size), count in self.results.items() if size == self.size)

    @property
    def row(self) -> str:
        others = [
            f"{count} x {', '.join(found) or '-'}"
            for (found, _), count in self.results.items()
            if found != self.wanted
        ]
        return (
            f"{self.kind:12} {self.size:5} {self.results.total():5} {self.right:6} {self.measured:9}"
            f" {statistics.median(self.seconds):9.2f}  {'; '.join(others)}"
        )


HEAD: Final = f"{'path':12} {'bytes':>5} {'runs':>5} {'right':>6} {'same size':>9} {'median s':>9}"


def main(words: list[str]) -> int:
    """Run what is asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.mtu_statistics")
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], help="what becomes of long packets")
    parser.add_argument("--runs", type=int, default=20, help="diagnoses per kind and size")
    parser.add_argument("--sizes", type=lambda text: [int(word) for word in text.split(",")], default=SIZES)
    asked = parser.parse_args(words)
    if reason := needs.missing():
        print(reason, file=sys.stderr)
        return 2
    paths = [NarrowPath(kind, size) for kind in asked.kinds or KINDS for size in asked.sizes]
    print(HEAD, flush=True)
    with Lab.start() as lab:
        for path in paths:
            run(lab, path, asked.runs)
            print(path.row, flush=True)
    return 0 if all(path.right == path.results.total() for path in paths) else 1


def run(lab: Lab, path: NarrowPath, runs: int) -> None:
    """Diagnose *runs* times; each run is a process of its own, as a person would start it."""
    for _ in range(runs):
        with lab.scenario(path.scenario) as situation:
            words = [*path.scenario.arguments(), "--network", str(situation.network_file), "--json"]
            began = time.monotonic()
            ran = situation.run([*LINEMAN, *words])
        path.seconds.append(time.monotonic() - began)
        diagnosis = json.loads(ran.stdout)
        found = tuple(item["id"] for item in diagnosis["found"])
        path.results[found, diagnosis["measurements"]["path_mtu"]] += 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
