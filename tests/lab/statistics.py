"""How often the diagnosis is right on a line that loses packets at random: many runs of each setting, as a table.

`python -m tests.lab.statistics [--runs N] [--loss 5,10,20] [--way both] [NAME...]`; without names, all of them.
Serial: all of it at 100 runs takes about two hours. Exit code 1 if a setting is below what it must reach.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from probes.net.loss import lower_bound, upper_bound
from tests.lab import needs
from tests.lab.lab import Lab
from tests.lab.scenarios import Scenario

LINEMAN: Final = [sys.executable, "-m", "bot.cli.main"]
# What else is broken, and the one cause that must be found for it. Nothing else may be found but effects of the loss.
DROPS: Final[dict[str, tuple[tuple[str, dict[str, Any]], str] | None]] = {
    "alone": None,
    "signaling": (("tcp", {"to": "signaling"}), "signaling-blocked"),
    "media": (("udp_range", {}), "media-udp-blocked"),
    "turn": (("turn_shut", {}), "turn-blocked"),
}
LINE: Final = frozenset({"packet-loss", "quality-poor"})  # what the loss itself is called
ENOUGH: Final = {
    5: 0.95,
    10: 0.95,
    20: 0.70,
    30: 0.0,
}  # the share of real drops to be found, by loss in percent


@dataclass(slots=True)
class Setting:
    """One kind of line, and what came out so far."""

    name: str
    percent: int
    way: str
    found: Counter[tuple[str, ...]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def runs(self) -> int:
        return self.found.total()

    @property
    def cause(self) -> str:
        drop = DROPS[self.name]
        return drop[1] if drop else ""

    @property
    def right(self) -> int:
        """Runs in which the cause was found and nothing else was blamed; for loss alone, nothing."""
        wanted = {self.cause} - {""}
        return sum(count for found, count in self.found.items() if set(found) - LINE == wanted)

    @property
    def blamed(self) -> int:
        """Runs in which something was found that is not broken."""
        return sum(count for found, count in self.found.items() if set(found) - LINE - {self.cause})

    @property
    def has_loss(self) -> int:
        """Runs in which the loss itself was found."""
        return sum(count for found, count in self.found.items() if "packet-loss" in found)

    @property
    def is_good(self) -> bool:
        """Whether nothing innocent was blamed, and enough was found."""
        return not self.blamed and self.right >= ENOUGH.get(self.percent, 0.0) * self.runs

    def scenario(self) -> Scenario:
        drop = DROPS[self.name]
        faults = [("loss", {"percent": self.percent, "way": self.way}), *([drop[0]] if drop else [])]
        return Scenario(self.name, "", faults=tuple(faults), options={"platform": "javascript"}, code=31009)


def main(words: list[str]) -> int:
    """Run what is asked for, and print the table."""
    asked = _parse(words)
    if reason := needs.missing():
        print(reason, file=sys.stderr)
        return 2
    settings = [Setting(name, percent, asked.way) for name in asked.names or DROPS for percent in asked.loss]
    print(HEAD, flush=True)
    with Lab.start() as lab:
        for setting in settings:
            run(lab, setting, asked.runs)
            print("\n".join(lines(setting)), flush=True)
    return 0 if all(setting.is_good for setting in settings) else 1


def run(lab: Lab, setting: Setting, runs: int) -> None:
    """Diagnose *runs* times; each run is a process of its own, as a person would start it."""
    for _ in range(runs):
        with lab.scenario(setting.scenario()) as situation:
            words = [*setting.scenario().arguments(), "--network", str(situation.network_file), "--json"]
            began = time.monotonic()
            ran = situation.run([*LINEMAN, *words])
        setting.seconds.append(time.monotonic() - began)
        diagnosis = json.loads(ran.stdout)
        setting.found[tuple(sorted(item["id"] for item in diagnosis["found"]))] += 1


HEAD: Final = (
    f"{'line':24} {'runs':>4} {'right':>5} {'95 % interval':>15} {'blamed':>6}"
    f" {'packet-loss':>11} {'median s':>8} {'most s':>6}"
)


def lines(setting: Setting) -> Iterator[str]:
    """The row of *setting*, and below it each combination of causes that came out."""
    low = lower_bound(setting.right, setting.runs, 0.975)
    high = upper_bound(setting.right, setting.runs, 0.975)
    line = f"{setting.name} {setting.percent} % {setting.way}"
    yield (
        f"{line:24} {setting.runs:4} {setting.right:5} {100 * low:6.1f}-{100 * high:5.1f} % {setting.blamed:6}"
        f" {setting.has_loss:11} {statistics.median(setting.seconds):8.2f} {max(setting.seconds):6.2f}"
        + ("" if setting.is_good else "  TOO FEW" if not setting.blamed else "  WRONG")
    )
    for found, count in setting.found.most_common():
        yield f"    {count:4} x {', '.join(found) or '-'}"


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.statistics")
    parser.add_argument("names", nargs="*", choices=[[], *DROPS], help="what is broken besides the loss")
    parser.add_argument("--runs", type=int, default=100, help="diagnoses per setting")
    parser.add_argument("--loss", type=_percents, default=[5, 10, 20], help="percent, each way: 5,10,20")
    parser.add_argument("--way", choices=["both", "out", "in"], default="both", help="which packets are lost")
    return parser.parse_args(words)


def _percents(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
