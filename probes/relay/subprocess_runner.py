"""Each plan in a short-lived process of its own, as a relay sees it: started, listened to, ended.

What a plan loads is given back with the process, and whoever reads what a network sends holds no key.
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

from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan, Step, without_result
from probes.protocol.policy import Policy
from probes.runner.policy_guard import SharedPace
from probes.runner.worker_messages import WorkerJob, read_news, write_job

log: Final = logging.getLogger(__name__)

# Our own modules are where this process has them, however it was started; -P: nothing from the current folder.
# What probes share, in the same folder.
_SHARED: Final = {"context", "media_allocations", "media_path", "media_verdict", "proxy_connect", "targets"}
_BEGIN: Final = (
    "-P",
    "-c",
    "import sys; sys.path[:] = sys.argv[1:]; from probes.runner.worker import main; main()",
)
_LONGEST: Final = 4_194_304  # bytes of one line; what is too long for the hub is cut later
_SLACK: Final = 8.0  # seconds for a start on a busy host; the hub waits for 10 beyond a plan's budget
_FAREWELL: Final = 0.5  # seconds that a worker has to end; the kill switch has promised one


class SubprocessRunner:
    """Looks by a relay's *policy*, and counts packets over all its plans."""

    def __init__(self, policy: Policy) -> None:
        self.probes = probe_names()
        self._policy = policy
        self._pace = SharedPace(policy.limits.packets_per_second)

    @asynccontextmanager
    async def run(self, plan: Plan, say: Callable[[str], None]) -> AsyncIterator[AsyncIterator[Observation]]:
        """Start *plan* and iterate over what it yields: one observation for each step, whatever happens.

        *say* hears what the fence holds back. Leaving the block ends the process.
        """
        job = write_job(WorkerJob(plan, self._policy, self._pace.file))
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *_BEGIN, *sys.path,
                stdin=PIPE, stdout=PIPE, limit=_LONGEST, env=_environment(),
                pass_fds=(self._pace.file,), start_new_session=True,
            )  # fmt: skip
        except OSError as error:  # no memory, or no more processes
            yield _give_up(plan.steps, f"no process could be started for it: {error.strerror}")
            return
        try:
            assert process.stdin
            process.stdin.write(job)
            yield _hear(process, plan, say)
        finally:
            await _end(process)


def probe_names() -> tuple[str, ...]:
    """Name the probes without loading them: each is a file in probes/checks."""
    files = (Path(__file__).parents[1] / "checks").glob("[a-z]*.py")
    return tuple(sorted(file.stem for file in files if file.stem not in _SHARED))


def _environment() -> dict[str, str]:
    """What a worker may know of ours: neither a proxy's password nor where the key is."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LINEMAN_") and not name.lower().endswith("_proxy")
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
    except (ValueError, KeyError):  # WireError, a line beyond all bounds, a step that is none
        trouble = "said what cannot be read"
    if left:
        trouble = trouble or f"ended early ({await _how(process)})"
        async for observation in _give_up(tuple(left.values()), f"the process that looked {trouble}"):
            yield observation


async def _give_up(steps: tuple[Step, ...], because: str) -> AsyncIterator[Observation]:
    """Say of *steps* that they were not looked at, which is a fault of ours and nobody else's."""
    log.error("%s; steps that were not looked at: %d", because, len(steps))
    for step in steps:
        yield without_result(step, Failure.PROBE_CRASHED, because=because)


async def _how(process: Process) -> str:
    """In words, how *process* came to its end; it has closed its output already."""
    await _end(process)
    code = process.returncode or 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"


async def _end(process: Process) -> None:
    """See that *process* is gone: its input is closed, which it obeys, or else it is killed."""
    assert process.stdin
    process.stdin.close()
    try:
        async with asyncio.timeout(_FAREWELL):
            await process.wait()
    except TimeoutError:
        log.warning("a worker did not end when it was told to, and is killed")
    finally:
        if process.returncode is None:
            process.kill()
    await process.wait()
