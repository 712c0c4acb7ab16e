"""Scrape a page of metrics, and have Debian's promtool read it."""

import asyncio
import re
import shutil
import subprocess
import urllib.request

SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)


def promtool(*words: str, text: str = "") -> str:
    """Run promtool; what it prints, if it is content."""
    program = shutil.which("promtool")
    assert program, "promtool is missing: run make packages as root"
    result = subprocess.run(
        [program, *words], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


async def scrape(address: tuple[str, int] | None) -> str:
    """Fetch the page as Prometheus does, and check it with promtool."""
    assert address, "the metrics are not served"
    host, port = address
    page = await asyncio.to_thread(_get, f"http://{host}:{port}/metrics")
    assert await asyncio.to_thread(promtool, "check", "metrics", text=page) == ""
    return page


def samples(page: str) -> dict[str, float]:
    """The values of *page* by name and labels, as they are written there."""
    return {
        match["name"] + (f"{{{match['labels']}}}" if match["labels"] else ""): float(match["value"])
        for match in SAMPLE.finditer(page)
    }


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        text: str = answer.read().decode()
        return text
