"""`python -m tests.hub [COUNT]`: measure many relays on one hub, bare connections, and NATS in one run."""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from probes.protocol.keys import Identity
from probes.protocol.order import make_order, open_order, sign_order
from tests.certificates import make_server
from tests.hub.bare import Bare, bare_websockets
from tests.hub.load_test import SMALL, Crowd, crowd
from tests.hub.nats import bare_nats

Open = Callable[..., AbstractAsyncContextManager[Crowd | Bare]]
# Name -> the context manager to open with folder and count, and whether it needs the certificate.
KINDS: dict[str, tuple[Open, bool]] = {
    "lineman plain": (crowd, False),
    "lineman TLS": (crowd, True),
    "lineman nginx": (partial(crowd, nginx=True), True),
    "bare ws plain": (bare_websockets, False),
    "bare ws TLS": (bare_websockets, True),
    "bare ws TLS 16k": (partial(bare_websockets, buffer=16 * 1024), True),
    "bare ws nginx": (partial(bare_websockets, nginx=True), True),
    "nats plain": (bare_nats, False),
    "nats TLS": (bare_nats, True),
}
# The goals: kB of the hub per idle relay behind nginx, and seconds to send a plan to 2,000 relays.
GOALS, MEMORY, FAN_OUT = "lineman nginx", 40.0, 1.0
FANS, TRIPS, LEAST = 3, 300, 200
HEAD = """\
channel           relays   hub kB  nginx kB  connect  fan-out  hub ms    of    round trip ms     in a fan-out
                             each      each        s        s    each  them    p50      p99      p50      p99"""


async def measure(name: str, count: int, pem: Path) -> dict[str, float]:
    """Print one row; return kB per idle relay and the seconds of a fan-out."""
    opened, needs = KINDS[name]
    with tempfile.TemporaryDirectory(prefix="lineman_hub_") as folder:
        async with opened(Path(folder), count, **({"tls": pem} if needs else {})) as here:
            await asyncio.sleep(1.0)
            each, front = here.each()
            alone = await here.round_trips(TRIPS)
            fans = [await here.fan_out() for _ in range(FANS)]
            meanwhile = await _meanwhile(here)
    seconds, used, done = sorted(fans)[FANS // 2]
    print(
        f"{name:16} {count:7} {each:8.1f} {front:9.1f} {here.storm:8.2f} {seconds:8.2f} {used / count * 1000:7.2f} "
        f"{done:5} {_ms(alone)} {_ms(meanwhile)}",
        flush=True,
    )
    return {"each": each, "fan": seconds}


async def _meanwhile(here: Crowd | Bare) -> list[float]:
    """Measure round trips to one relay while plans go to all the others repeatedly."""
    asking = asyncio.create_task(here.round_trips(LEAST))
    while not asking.done():
        await here.fan_out()
    return await asking


def _ms(taken: list[float]) -> str:
    return f"{statistics.median(taken):6.2f} {statistics.quantiles(taken, n=100)[98]:8.2f}"


def envelopes() -> str:
    """Measure what a signed plan costs the signer and the relay that verifies it."""
    signer, relay, count = Identity.new(), Identity.new(), 1_000
    order = make_order(SMALL, relay.id, "terminal", time.time(), case="31009")
    begun = time.perf_counter()
    for _ in range(count):
        envelope = sign_order(order, signer, relay.sealing)
    signed = time.perf_counter()
    for _ in range(count):
        open_order(envelope, relay, {signer.id: signer.key}, time.time(), lambda _: False)
    over = time.perf_counter()
    micro = 1e6 / count
    return (
        f"a plan of {len(envelope)} bytes is signed in {(signed - begun) * micro:.0f} µs, "
        f"and checked by its relay in {(over - signed) * micro:.0f} µs"
    )


def _row(name: str, count: int, pem: Path) -> dict[str, Any]:
    """Measure in a new process, so that other rows do not affect its memory."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as result:
        words = [name, str(count), str(pem), result.name]
        done = subprocess.run([sys.executable, "-m", "tests.hub", *words], check=False, timeout=180)
        if done.returncode:
            print(f"{name:16} not measured", flush=True)
            return {}
        row: dict[str, Any] = json.load(result)
    return row


def main(words: list[str]) -> int:
    """Print a table; return 1 when a goal is missed."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if len(words) == 4:
        name, number, pem, result = words
        Path(result).write_text(json.dumps(asyncio.run(measure(name, int(number), Path(pem)))))
        return 0
    count = int(words[0]) if words else 2_000
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        server = make_server(None, "127.0.0.1")
        key = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made = Path(folder, "hub.pem")
        made.write_bytes(key + server.pem.encode())
        rows = {name: _row(name, count, made) for name in KINDS}
    print(envelopes())
    each, fan = rows[GOALS].get("each", MEMORY + 1), rows[GOALS].get("fan", FAN_OUT)
    met = each <= MEMORY and fan < FAN_OUT
    print(f"goals: {MEMORY:g} kB and {FAN_OUT:g} s behind nginx: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
