"""How exactly a line is measured: loss and jitter of many diagnoses beside what the lab made, as a table.

`python -m tests.lab.line_statistics [--runs N] [--only WORDS]`. Exit code 1 if the mean loss is more than two
points off, the mean jitter more than a fifth, or if the 95 % interval misses the true loss in more than one run of ten.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.lab import needs
from tests.lab.lab import Lab
from tests.lab.scenarios import Scenario

LINEMAN: Final = [sys.executable, "-m", "bot.cli.main"]
POINTS: Final = 2.0  # how far the mean loss may be off, in percentage points
SHARE: Final = 0.2  # how far the mean jitter may be off, of what the lab made
HELD: Final = 0.9  # the share of intervals that hold the truth, at least


@dataclass(slots=True)
class Setting:
    """One kind of line, the truth about it, and what was measured so far."""

    name: str
    fault: tuple[str, Mapping[str, Any]]
    loss: float = 0.0  # percent of round trips
    jitter: float | None = None  # ms; None: not compared
    measured: list[Mapping[str, Any]] = field(default_factory=list)
    missing: int = 0  # diagnoses without measurements

    @property
    def mean_loss(self) -> float:
        return statistics.fmean(one["loss_percent"] for one in self.measured)

    @property
    def mean_jitter(self) -> float:
        return statistics.fmean(one["jitter_ms"] for one in self.measured)

    @property
    def held(self) -> int:
        """Runs whose interval holds the true loss."""
        return sum(one["loss_interval"][0] <= self.loss <= one["loss_interval"][1] for one in self.measured)

    @property
    def is_good(self) -> bool:
        if self.missing or not self.measured:
            return False
        right = abs(self.mean_loss - self.loss) <= POINTS and self.held >= HELD * len(self.measured)
        return right and (self.jitter is None or abs(self.mean_jitter - self.jitter) <= SHARE * self.jitter)


def settings() -> list[Setting]:
    """Loss on both ways, loss on one, and two kinds of uneven lines."""
    both = [
        Setting(
            f"loss {way} % each way", ("loss", {"percent": way}), round(200 * way / 100 - way**2 / 100, 2)
        )
        for way in (5, 10, 20)
    ]
    one = Setting("loss 10 % on the way in", ("loss", {"percent": 10, "way": "in"}), 10.0)
    uneven = [Setting(f"jitter {ms} ms", ("uneven", {"jitter_ms": ms}), 0.0, ms) for ms in (20, 100)]
    return [*both, one, *uneven]


def main(words: list[str]) -> int:
    """Run what is asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.line_statistics")
    parser.add_argument("--runs", type=int, default=100, help="diagnoses per kind of line")
    parser.add_argument("--only", default="", help="lines whose name has these words")
    asked = parser.parse_args(words)
    if reason := needs.missing():
        print(reason, file=sys.stderr)
        return 2
    wanted = [setting for setting in settings() if asked.only in setting.name]
    print(HEAD, flush=True)
    with Lab.start() as lab:
        for setting in wanted:
            _run(lab, setting, asked.runs)
            print("\n".join(lines(setting)), flush=True)
    return 0 if all(setting.is_good for setting in wanted) else 1


def _run(lab: Lab, setting: Setting, runs: int) -> None:
    scenario = Scenario("unnamed", "", faults=(setting.fault,), options={"platform": "javascript"})
    with lab.scenario(scenario) as situation:
        words = [*scenario.arguments(), "--network", str(situation.network_file), "--json"]
        for _ in range(runs):
            measured = json.loads(situation.run([*LINEMAN, *words]).stdout)["measurements"]
            if measured["loss_percent"] is None:
                setting.missing += 1
            else:
                setting.measured.append(measured)


HEAD: Final = f"{'line':26} {'runs':>4} {'loss':>6} {'mean':>6} {'held':>9} {'jitter':>7} {'mean':>7}"


def lines(setting: Setting) -> Iterator[str]:
    """The row of *setting*: the truth beside the mean, and how many intervals hold it."""
    runs = len(setting.measured)
    if not runs:
        yield f"{setting.name:26} nothing was measured in {setting.missing} runs  WRONG"
        return
    jitter = "-" if setting.jitter is None else f"{setting.jitter:.0f} ms"
    yield (
        f"{setting.name:26} {runs:4} {setting.loss:5.1f}% {setting.mean_loss:5.1f}% {setting.held:3} of {runs:2}"
        f" {jitter:>7} {setting.mean_jitter:4.1f} ms"
        + (f"  {setting.missing} not measured" if setting.missing else "")
        + ("" if setting.is_good else "  WRONG")
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
