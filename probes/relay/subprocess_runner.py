"""Run each plan in a short-lived process of its own.

The process frees the memory that a plan used, and the code that reads hostile network data holds no key.
"""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from probes.checks import PROBES
from probes.protocol.failures import Failure
from probes.protocol.log_format import LOG_FORMAT
from probes.protocol.model import Observation, Plan, Step, without_result
from probes.protocol.policy import Policy
from probes.runner.packet_budget import PacketBudget
from probes.runner.worker_messages import WorkerJob, read_news, write_job

log: Final = logging.getLogger(__name__)

# Our modules come from where this process has them, however it was started; -P: nothing from the current folder.
_BEGIN: Final = (
    "-P",
    "-c",
    "import sys; sys.path[:] = sys.argv[1:]; from probes.runner.worker import main; main()",
)
_LONGEST: Final = 4_194_304  # bytes of one line; longer ones are cut later for the hub
_SLACK: Final = 8.0  # seconds to start on a busy host; the hub waits 10 s beyond a plan's budget
_FAREWELL: Final = 0.5  # seconds for a worker to end; the kill switch promises one second


class SubprocessRunner:
    """Runs plans under a relay's *policy*, and counts packets over all its plans.

    Their processes cannot reach the files in *hidden*, the relay's folder; None where that is not possible.
    """

    def __init__(self, policy: Policy, hidden: Path | None = None) -> None:
        self.probes = probe_names()
        self._hidden = str(hidden.resolve()) if hidden else ""
        self._policy = policy
        self._pace = PacketBudget(policy.limits.packets_per_second)

    @asynccontextmanager
    async def run(self, plan: Plan, say: Callable[[str], None]) -> AsyncIterator[AsyncIterator[Observation]]:
        """Start *plan* and iterate over its observations: one for each step, even if the process fails.

        *say* receives what the egress policy blocks. Leaving the block ends the process.
        """
        job = write_job(WorkerJob(plan, self._policy, self._pace.file, self._hidden))
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *_BEGIN, *sys.path,
                stdin=PIPE, stdout=PIPE, limit=_LONGEST, env=_environment(),
                pass_fds=(self._pace.file,), start_new_session=True,
            )  # fmt: skip
        except OSError as error:  # no memory, or the process limit is reached
            yield _give_up(plan.steps, f"could not start a process for it: {error.strerror}")
            return
        try:
            assert process.stdin
            process.stdin.write(job)
            yield _hear(process, plan, say)
        finally:
            await _end(process)


def probe_names() -> tuple[str, ...]:
    """The names of the probes, without loading them."""
    return tuple(sorted(PROBES))


def _environment() -> dict[str, str]:
    """The environment for a worker: without proxy passwords and without the key's location."""
    kept = {LOG_FORMAT: form} if (form := os.environ.get(LOG_FORMAT, "").strip().lower()) else {}
    return kept | {
        name: value
        for name, value in os.environ.items()
        if (not name.startswith("LINEMAN_") and not name.lower().endswith("_proxy"))
        or (name == "auto_proxy" and "@" not in value)  # the address of a proxy script, without a password
    }


async def _hear(process: Process, plan: Plan, say: Callable[[str], None]) -> AsyncIterator[Observation]:
    left = {step.id: step for step in plan.steps}
    deadline = asyncio.get_running_loop().time() + plan.budget + _SLACK
    trouble = ""
    assert process.stdout
    try:
        while True:
            async with asyncio.timeout_at(deadline):
                line = await process.stdout.readline()
            if not line.endswith(b"\n"):
                break
            news = read_news(line)
            if isinstance(news, str):
                say(news)
                continue
            left.pop(news.step)
            yield news
    except TimeoutError:
        trouble = "did not end in time"
    except (ValueError, KeyError):  # WireError, a line that is too long, an unknown step
        trouble = "returned an invalid result"
    if left:
        trouble = trouble or f"ended early ({await _how(process)})"
        async for observation in _give_up(tuple(left.values()), f"the check's process {trouble}"):
            yield observation


async def _give_up(steps: tuple[Step, ...], because: str) -> AsyncIterator[Observation]:
    """Report *steps* as not checked because of an error of ours."""
    log.error("%s; steps that did not run: %d", because, len(steps))
    for step in steps:
        yield without_result(step, Failure.PROBE_CRASHED, because=because)


async def _how(process: Process) -> str:
    """How *process* ended, in words; it has closed its output already."""
    await _end(process)
    code = process.returncode or 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"


async def _end(process: Process) -> None:
    """End *process*: close its input, which tells it to stop, and kill it if it does not."""
    assert process.stdin
    process.stdin.close()
    try:
        async with asyncio.timeout(_FAREWELL):
            await process.wait()
    except TimeoutError:
        log.warning("killed a worker that did not end when its input closed")
    finally:
        if process.returncode is None:
            process.kill()
    await process.wait()
