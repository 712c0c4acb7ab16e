"""Worker process for one plan: read a job from standard input, write observations to standard output.

Ends early when its input closes: its parent has cancelled the plan, or is gone.
`probes.relay.subprocess_runner` is the parent's side.
"""

import asyncio
import logging
import os
import signal
import sys
from asyncio import StreamReader
from pathlib import Path
from typing import Final

from probes.protocol.json_fields import WireError
from probes.protocol.log_format import LOG_FORMAT, TEXT, make_formatter
from probes.protocol.messages import LONGEST
from probes.runner.in_process import InProcessRunner
from probes.runner.packet_budget import PacketBudget
from probes.runner.worker_messages import WorkerJob, read_job, write_said, write_seen

_MOST: Final = 16 * LONGEST["hub"]  # bytes of a job: a plan and the policy


def main() -> None:
    """Run one job."""
    # A service manager signals all processes of a service. The relay gets the signal, too, and decides.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter(os.environ.get(LOG_FORMAT, TEXT), "%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    asyncio.run(_work())


async def _work() -> None:
    orders = StreamReader(limit=_MOST)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer
    )
    line = await orders.readline()
    if not line.endswith(b"\n"):
        return  # cancelled before the job arrived
    try:
        job = read_job(line)
        _isolate(job.hidden)
    except (WireError, OSError) as error:
        _tell(write_said(str(error)))
        raise SystemExit(1) from None
    looking = asyncio.create_task(_run(job))
    ending = asyncio.create_task(orders.read())
    await asyncio.wait({looking, ending}, return_when=asyncio.FIRST_COMPLETED)
    if looking.done():
        looking.result()
    looking.cancel()
    ending.cancel()
    await asyncio.gather(looking, ending, return_exceptions=True)


def _isolate(folder: str) -> None:
    """Hide the relay's folder, and with it the key, before anything from the network is read."""
    if folder:
        from probes.runner.isolation import hide  # ctypes takes 1 MB

        hide(Path(folder))


async def _run(job: WorkerJob) -> None:
    inside = InProcessRunner(job.policy, PacketBudget(job.policy.limits.packets_per_second, job.pace))
    async with inside.run(job.plan, lambda what: _tell(write_said(what))) as coming:
        async for observation in coming:
            _tell(write_seen(observation))


def _tell(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
