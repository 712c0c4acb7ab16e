"""Many customers at once on one process of `lineman check serve`; `make check-link-load` makes it 200."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from socket import create_server
from statistics import quantiles
from typing import Any, Final

import aiohttp
import pytest

from bot.check_link.links import make_link
from bot.check_link.settings import CheckSettings
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.storage.store import Store
from tests.bot.check_link.conftest import config_in
from tests.bot.check_link.results import encode, result

FULL: Final = "LINEMAN_CHECK_LOAD" in os.environ
CUSTOMERS: Final = 200 if FULL else 10
LINEMAN: Final = Path(sys.executable).with_name("lineman")
SPREAD: Final = 5.0  # seconds over which customers open their links; all checks overlap
CHECK: Final = 6.0 if FULL else 0.0  # seconds that the page of each one works
P99_MS: Final = 300.0
KB_PER_LINK: Final = 100.0

pytestmark = pytest.mark.load


def memory(pid: int) -> int:
    """The resident memory of a process in kB."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert match
    return int(match[1])


async def customer(session: aiohttp.ClientSession, url: str, origin: str, delay: float) -> list[float]:
    """One check from the link to its answer: the milliseconds of each request."""
    headers = {"Origin": origin, "X-Lineman-Check": "1", "Content-Type": "application/json"}
    times: list[float] = []

    async def ask(method: str, path: str, body: bytes = b"") -> Any:
        begun = time.perf_counter()
        async with session.request(
            method, url + path, data=body or None, headers=headers if body else {}
        ) as answer:
            assert answer.status == 200
            text = await answer.text()
        times.append((time.perf_counter() - begun) * 1000)
        return text

    await asyncio.sleep(delay)
    config = config_in(await ask("GET", ""))
    started = json.loads(await ask("POST", "/start", encode({"v": 1})))
    await asyncio.sleep(CHECK)
    body = result(config, udp_media="udp_outbound_lost", run=started["run"], key=started["key"])
    answer = await ask("POST", "/result", encode(body))
    assert '"media-udp-blocked"' in answer
    return times


async def test_many_at_once(tmp_path: Path) -> None:
    """All get their answers in time, each is stored once, and the process does not grow with them."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    origin, database = f"http://127.0.0.1:{port}", tmp_path / "lineman.db"
    store, settings = Store.open(database), CheckSettings(url=origin)
    urls = []
    for number in range(CUSTOMERS + 1):
        case = CaseRow(f"case-{number}", "T", "", "U", Request("31009", "javascript"), created=time.time())
        await store.open_case(case)
        urls.append((await make_link(store, settings, case.id, time.time()))[1])
    environment = {"PATH": os.environ["PATH"], "LINEMAN_CHECK_URL": origin, "LINEMAN_DATABASE": str(database)}
    environment |= {
        "PORT": str(port),
        "LINEMAN_ICE_SERVERS": '[{"urls": "turn:turn.example", "username": "u"}]',
    }
    words = [str(LINEMAN), "check", "serve"]
    process = await asyncio.create_subprocess_exec(*words, env=environment, stderr=asyncio.subprocess.PIPE)
    assert process.stderr
    try:
        assert "Serving check links" in (await process.stderr.readline()).decode()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            await customer(session, urls[-1], origin, 0.0)
            before = memory(process.pid)
            delays = [SPREAD * number / CUSTOMERS if FULL else 0.0 for number in range(CUSTOMERS)]
            each = await asyncio.gather(
                *(customer(session, url, origin, delay) for url, delay in zip(urls, delays, strict=False))
            )
        grown = (memory(process.pid) - before) / CUSTOMERS
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    rows = [await store.runs(f"case-{number}") for number in range(CUSTOMERS)]
    await store.close()
    assert [len(runs) for runs in rows] == [1] * CUSTOMERS
    times = sorted(ms for found in each for ms in found)
    p50, p99 = quantiles(times, n=100)[49], quantiles(times, n=100)[98]
    load = os.getloadavg()[0]
    print(f"{CUSTOMERS} customers: p50 {p50:.0f} ms, p99 {p99:.0f} ms, {grown:.0f} kB each, load {load:.1f}")
    if FULL:
        assert p99 <= P99_MS
        assert grown <= KB_PER_LINK
