"""`python -m tests.hub [COUNT]`: what many relays cost one hub: plain, with TLS in Python, and behind nginx."""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificates import make_server
from tests.hub.crowd import Crowd, crowd, p99

KINDS = ("plain", "tls", "nginx")
# The goals of issue 4: kB of the hub for each idle relay behind nginx, and seconds to hand a plan to 2,000.
MEMORY, FAN_OUT = 40.0, 1.0
HEAD = """\
kind    count  hub kB  nginx kB  storm  fan-out   over     got  signed     got  round trip ms: p50, p99, in fan-out
                 each      each      s        s      s               s"""


async def measure(kind: str, count: int, pem: Path | None) -> tuple[float, float]:
    """Print one row; gives kB for each idle relay and the seconds of a fan-out."""
    with tempfile.TemporaryDirectory(prefix="lineman_hub_") as folder:
        async with crowd(Path(folder), count, tls=pem, nginx=kind == "nginx") as here:
            await asyncio.sleep(1.0)
            each, nginx = here.each()
            alone = await here.round_trips(200)
            fan, over, answered = await here.fan_out()
            whole, all_answered = await here.ask_all()
            meanwhile = await _meanwhile(here)
    print(
        f"{kind:6} {count:6} {each:7.1f} {nginx:9.1f} {here.storm:6.2f} {fan:8.2f} {over:6.2f} {answered:7} "
        f"{whole:7.2f} {all_answered:7} {statistics.median(alone):20.2f} {p99(alone):7.2f} {p99(meanwhile):8.0f}",
        flush=True,
    )
    return each, fan


async def _meanwhile(here: Crowd) -> list[float]:
    """Round trips to one relay while plans go to all the others."""
    fan = asyncio.create_task(here.fan_out())
    taken = []
    while not fan.done():
        taken += await here.round_trips(1)
    return taken if len(taken) > 1 else taken * 2


def _row(kind: str, count: int, pem: Path) -> tuple[float, float]:
    """Measure in a process of its own, whose memory holds nothing that another row left."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as result:
        words = [kind, str(count), str(pem), result.name]
        subprocess.run([sys.executable, "-m", "tests.hub", *words], check=True, timeout=90)
        each, fan = json.load(result)
    return each, fan


def main(words: list[str]) -> int:
    """Print a table; 1 when a goal is missed."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if len(words) == 4:
        kind, number, pem, result = words
        row = asyncio.run(measure(kind, int(number), None if kind == "plain" else Path(pem)))
        Path(result).write_text(json.dumps(row))
        return 0
    count = int(words[0]) if words else 2_000
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        server = make_server(None, "127.0.0.1")
        key = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made = Path(folder, "hub.pem")
        made.write_bytes(key + server.pem.encode())
        rows = [_row(kind, count, made) for kind in KINDS]
    each, fan = rows[-1]
    met = each <= MEMORY and fan < FAN_OUT
    print(f"goals: {MEMORY:g} kB and {FAN_OUT:g} s behind nginx: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
