"""`python -m tests.hub [COUNT]`: what many relays cost one hub: plain, with TLS in Python, and behind nginx."""

import asyncio
import resource
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificates import make_server
from tests.hub.crowd import Crowd, ask_all, crowd, fan_out, p99, round_trips

# The goals of issue 4: kB of the hub for each idle relay behind nginx, and seconds to hand a plan to 2,000.
MEMORY, FAN_OUT = 40.0, 1.0


async def measure(kind: str, count: int, pem: Path | None) -> tuple[float, float]:
    """Print one row; gives kB for each idle relay and the seconds of a fan-out."""
    with tempfile.TemporaryDirectory(prefix="lineman_hub_") as folder:
        async with crowd(Path(folder), count, tls=pem, nginx=kind == "nginx") as (here, storm):
            await asyncio.sleep(1.0)
            each = (here.memory() - here.idle_before) / count
            nginx = (here.nginx_memory() - here.nginx_before) / count
            alone = await round_trips(here, "relay-0", 200)
            fan, answered = await fan_out(here)
            whole, all_answered = await ask_all(here)
            meanwhile = await _meanwhile(here)
    print(
        f"{kind:8} {count:6} {each:8.1f} {nginx:8.1f} {storm:8.2f} {fan:8.2f} {answered:6} {whole:8.2f} "
        f"{all_answered:6} {sorted(alone)[100]:7.2f} {p99(alone):7.2f} {p99(meanwhile):9.1f}",
        flush=True,
    )
    return each, fan


async def _meanwhile(here: Crowd) -> list[float]:
    """Round trips to one relay while plans go to all the others."""
    storm = asyncio.create_task(fan_out(here))
    taken = []
    while not storm.done():
        taken += await round_trips(here, "relay-0", 1)
    return taken if len(taken) > 1 else taken * 2


def main(words: list[str]) -> int:
    """Print a table; 1 when a goal is missed."""
    count = int(words[0]) if words else 2_000
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(
        "kind     relays  kB hub/  kB nginx  storm  fan-out    got    whole    got   RTT ms          RTT p99 ms"
    )
    print(
        "                   relay    /relay      s        s             s            p50     p99  in fan-out"
    )
    with tempfile.TemporaryDirectory() as folder:
        server = make_server(None, "127.0.0.1")
        key = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem = Path(folder, "hub.pem")
        pem.write_bytes(key + server.pem.encode())
        rows = {kind: asyncio.run(measure(kind, count, None if kind == "plain" else pem)) for kind in KINDS}
    each, fan = rows["nginx"]
    met = each <= MEMORY and fan < FAN_OUT
    print(f"goals: {MEMORY:g} kB and {FAN_OUT:g} s behind nginx: {'met' if met else 'missed'}")
    return 0 if met else 1


KINDS = ("plain", "tls", "nginx")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
