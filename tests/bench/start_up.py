"""How long `lineman diagnose 31009` takes from the start of the process to its first probe: `make start-up`.

Each run is a process of its own, stopped where the relay would begin to look. Nothing is sent to any network.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Final

RUNS: Final = 15
GOAL_MS: Final = 300

# The relay is replaced by one that says what time it is; time.time() is the same clock in both processes.
_STOP_AT_THE_FIRST_LOOK: Final = """
import os, time
import bot.cli, bot.relays

def run(relay, plan):
    from probes.run import run_plan  # belongs to what has to happen before the first look
    os.write(2, f"{time.time():.6f}".encode())
    os._exit(0)

bot.relays.LocalRelay.run = run
bot.cli.main(["diagnose", "31009", "javascript", "--json"])
"""


def one_start(cache: str) -> float:
    """Milliseconds of one start; *cache* is where the stamps of checked files are kept."""
    began = time.time()
    ran = subprocess.run(
        [sys.executable, "-c", _STOP_AT_THE_FIRST_LOOK],
        env={**os.environ, "XDG_CACHE_HOME": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    return (float(ran.stderr) - began) * 1000


def main() -> None:
    """Print the first start, which checks all files, and the median of those after it."""
    with tempfile.TemporaryDirectory() as cache:
        first = one_start(cache)
        later = sorted(one_start(cache) for _ in range(RUNS))
    median = statistics.median(later)
    print(
        f"first start {first:.0f} ms; then median {median:.0f} ms of {RUNS} ({later[0]:.0f} to {later[-1]:.0f})"
    )
    print(f"goal {GOAL_MS} ms: {'reached' if median < GOAL_MS else 'missed'}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
