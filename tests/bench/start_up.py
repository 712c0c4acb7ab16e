"""How long `lineman diagnose 31009` takes to its first check, and `lineman read` to read a sentence: `make start-up`.

Lineman is installed into a folder of its own, as pip does it. Each run is a process of its own, stopped where its first
check would start. Nothing is sent to any network.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

ROOT: Final = Path(__file__).parents[2]
RUNS: Final = 15
GOAL_MS: Final = 200
STAGES: Final = ("interpreter", "our modules", "knowledge and plan", "runner", "first check")

# The first check is replaced by one that says what time it is; time.time() is the same clock in both processes.
# What is imported first would be imported a moment later in any case: it only tells the stages apart.
_STOP_AT_THE_FIRST_CHECK: Final = """
import sys, time
began = time.time()
import os
import bot.cli.main, bot.cli.diagnose, bot.relays.local
imported = time.time()

run_plan = bot.relays.local.LocalRelay.run

def run(relay, plan):
    planned = time.time()
    import probes.runner.run
    ready = time.time()

    def stop(*check):
        os.write(2, " ".join(map(repr, (began, imported, planned, ready, time.time()))).encode())
        os._exit(0)

    probes.runner.run.PlanProbes.__getitem__ = stop
    return run_plan(relay, plan)

bot.relays.local.LocalRelay.run = run
bot.cli.main.main(["diagnose", "31009", "javascript", *sys.argv[1:]])
"""

READ_GOAL_MS: Final = 1000  # of a process that reads one sentence
READ_AGAIN_GOAL_MS: Final = 20  # of the next sentence in a process that goes on, such as the bot's
SENTENCES: Final = (
    "nobody hears the caller since we moved to the new office, on a phone's hotspot it works",
    "the softphone says connecting forever behind our web filter",
    "calls drop after some minutes when the laptop changes to another access point",
)
_READ: Final = """
import sys, time
from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
knowledge = load_knowledge(quick=True)
words = make_vocabulary(knowledge, load_network(None), ("local",))
for sentence in sys.argv[1:]:
    began = time.perf_counter()
    read(sentence, words, knowledge)
    print((time.perf_counter() - began) * 1000)
"""

Times: TypeAlias = tuple[float, ...]  # ms of each stage


def install(folder: Path) -> None:
    """Install the checkout into *folder*."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    wanted = ["--no-build-isolation", "--target", str(folder), str(ROOT)]
    subprocess.run([*pip, *wanted], check=True)


def one_start(installed: Path, cache: Path, *options: str) -> Times:
    """Milliseconds of each stage of one start; *cache* is where a user's files are kept."""
    began = time.time()
    ran = _python(installed, cache, "-c", _STOP_AT_THE_FIRST_CHECK, *options)
    moments = [began, *map(float, ran.stderr.split())]
    return tuple((after - before) * 1000 for before, after in pairwise(moments))


def read_sentences(installed: Path, cache: Path) -> None:
    """Print how long a process of its own takes to read a sentence, and a process that goes on to read the next."""
    cold = []
    for _ in range(RUNS):
        began = time.time()
        _python(installed, cache, "-m", "bot.cli.main", "read", SENTENCES[0])
        cold.append((time.time() - began) * 1000)
    texts = SENTENCES * RUNS
    warm = [float(line) for line in _python(installed, cache, "-c", _READ, *texts).stdout.split()][1:]
    for name, times, goal in (
        ("lineman read", cold, READ_GOAL_MS),
        ("the next sentence", warm, READ_AGAIN_GOAL_MS),
    ):
        print(
            f"{name}: median {statistics.median(times):.0f} ms, goal {goal} ms ({min(times):.0f} to {max(times):.0f})"
        )


def _python(installed: Path, cache: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(installed)}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):  # pip has compiled what it installed
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, *words], cwd=installed, env=environment, capture_output=True, text=True, check=True
    )


def several(name: str, start: Callable[[int], Times]) -> float:
    """Print the median of *RUNS* starts and where the time goes; give the median."""
    before = _used()
    runs = [start(number) for number in range(RUNS)]
    cpu = (_used() - before) / RUNS * 1000
    totals = sorted(map(sum, runs))
    median = statistics.median(totals)
    stages = _line(zip(STAGES, map(statistics.median, zip(*runs, strict=True)), strict=True))
    spread = f"{totals[0]:.0f} to {totals[-1]:.0f}; {cpu:.0f} ms of processor each"
    print(f"{name}: median {median:.0f} ms of {RUNS} ({spread}); {stages}")
    return median


def _used() -> float:
    """Seconds of processor time that all runs so far took: what they would take on an idle machine, or nearly."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _line(stages: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {ms:.0f}" for name, ms in stages)


def main() -> None:
    """Print the medians of starts with and without a place to keep things, and after an edit."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        installed, nowhere, cache = here / "installed", here / "nowhere", here / "cache"
        install(installed)
        nowhere.touch()  # a file where a folder should be: nothing can be kept, nor read
        one_start(installed, nowhere)  # brings the files into memory
        medians: Mapping[str, float] = {
            name: several(name, start)
            for name, start in {
                "first run after installation": lambda n: one_start(installed, here / f"new-{n}", "--json"),
                "no cache can be written": lambda n: one_start(installed, nowhere, "--json"),
                "the same, printed in the terminal": lambda n: one_start(installed, nowhere),
            }.items()
        }
        read_sentences(installed, nowhere)
        with (installed / "knowledge" / "causes" / "clock-skew.yaml").open("a") as file:
            file.write("# changed by whoever runs it\n")
        first = sum(one_start(installed, cache, "--json"))
        edited = several(
            "knowledge edited since, with a cache", lambda _: one_start(installed, cache, "--json")
        )
        print(f"the first start after the edit, which checks everything: {first:.0f} ms")
        several("knowledge edited since, no cache", lambda _: one_start(installed, nowhere, "--json"))
    worst = max(*medians.values(), edited)
    print(f"goal {GOAL_MS} ms: {'reached' if worst < GOAL_MS else 'missed'}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
