"""500 TLS targets: our probe in one process beside blackbox_exporter, on the relay of the lab, in one minute."""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.lab import addresses as at
from tests.lab.lab import Lab
from tests.lab.servers import REPOSITORY, Server, wait

TARGET: Final = at.EDGES[0]
COUNT: Final = 500
AT_ONCE: Final = 20
ROUNDS: Final = 3
EXPORTER: Final = "/usr/bin/prometheus-blackbox-exporter"
EXPORTER_PORT: Final = 9115
CONFIG: Final = """
modules:
  tls:
    prober: tcp
    timeout: 5s
    tcp: {tls: true, preferred_ip_protocol: ip4, tls_config: {ca_file: CA, server_name: NAME}}
"""


def measure(lab: Lab) -> None:
    """Print both, with their ratio. The exporter is asked over HTTP, as Prometheus asks it."""
    if not Path(EXPORTER).exists():
        print(
            "blackbox_exporter is not installed (prometheus-blackbox-exporter): this comparison was not made"
        )
        return
    situation = lab.with_faults()
    me = [sys.executable, "-m", "tests.bench.targets"]
    ours = [
        json.loads(situation.run([*me, "ours", str(lab.folder)], timeout=120).stdout) for _ in range(ROUNDS)
    ]
    config = lab.folder / "blackbox.yml"
    ca = lab.folder / "pki" / "lab.pem"
    config.write_text(CONFIG.replace("CA", str(ca)).replace("NAME", TARGET.javascript_name))
    listen = f"127.0.0.1:{EXPORTER_PORT}"
    command = situation.command([EXPORTER, f"--config.file={config}", f"--web.listen-address={listen}"])
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=REPOSITORY
    ) as exporter:
        try:
            ready = Server("exporter", "relay", (), (("tcp", "127.0.0.1", EXPORTER_PORT),))
            wait(lab.namespaces, ready, exporter, lab.folder)
            theirs = [
                json.loads(situation.run([*me, "theirs", str(exporter.pid)], timeout=120).stdout)
                for _ in range(ROUNDS)
            ]
        finally:
            exporter.terminate()
    _print("Lineman's tls probe", ours)
    _print("blackbox_exporter", theirs)
    ratio = statistics.median(one["seconds"] for one in ours) / statistics.median(
        one["seconds"] for one in theirs
    )
    print(f"Lineman takes {ratio:.2f} of the exporter's time\n")


def _print(title: str, rounds: list[dict[str, float]]) -> None:
    seconds = statistics.median(one["seconds"] for one in rounds)
    cpu = statistics.median(one["cpu_ms"] for one in rounds)
    good = min(one["good"] for one in rounds)
    print(
        f"{COUNT} TLS targets, {AT_ONCE} at once, median of {len(rounds)}: {title:20} {seconds:5.2f} s, "
        f"{cpu:4.2f} ms CPU each, {good:.0f} of {COUNT} genuine"
    )


async def ours(folder: Path) -> dict[str, float]:
    """Run the probe itself COUNT times; the chain is judged anew each time, as the exporter does."""
    from probes.checks import PROBES
    from probes.checks.context import ProbeContext, RunContext
    from probes.protocol.model import Plan, Step, Target

    root = (folder / "pki" / "lab.pem").read_text()
    target = Target("signaling", TARGET.javascript_name, 443)
    step = Step("tls", "tls", target, 5.0, {"addresses": [TARGET.javascript]})
    shared = RunContext.of(Plan((step,), 60.0, (root,)))

    async def one() -> bool:
        return await PROBES["tls"](step, ProbeContext(shared)) is None

    return await _repeat(one, resource.RUSAGE_SELF)


async def theirs(pid: int) -> dict[str, float]:
    """Ask the exporter COUNT times over HTTP, each a connection of the session's pool; CPU is the exporter's."""
    import aiohttp

    url = f"http://127.0.0.1:{EXPORTER_PORT}/probe?module=tls&target={TARGET.javascript}:443"
    before = _cpu_of(pid)
    async with aiohttp.ClientSession() as session:

        async def one() -> bool:
            async with session.get(url) as answer:
                return "probe_success 1" in await answer.text()

        measured = await _repeat(one, resource.RUSAGE_SELF)
    return measured | {"cpu_ms": (_cpu_of(pid) - before) / COUNT * 1000}


async def _repeat(one: Callable[[], Awaitable[bool]], who: int) -> dict[str, float]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated() -> bool:
        async with gate:
            return await one()

    before, began = resource.getrusage(who), time.perf_counter()
    good = sum(await asyncio.gather(*(gated() for _ in range(COUNT))))
    seconds, after = time.perf_counter() - began, resource.getrusage(who)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu_ms": cpu / COUNT * 1000, "good": good}


def _cpu_of(pid: int) -> float:
    """Seconds of processor time that process *pid* has used (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ours", path]:
            print(json.dumps(asyncio.run(ours(Path(path)))))
        case ["theirs", number]:
            print(json.dumps(asyncio.run(theirs(int(number)))))
