"""Metrics are off by default, bounded, and the same in the code, on the page, in the list, and in the examples."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from probes.protocol.metrics import METRICS, MetricsError, metrics_served, read_address
from probes.protocol.tally import BUCKETS, MOST_VALUES, OTHER, Tally
from tests.environment import unmeasured
from tests.monitoring.scrape import promtool, samples, scrape

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "packaging" / "prometheus"
LISTED = re.compile(r"^\| `(lineman_\w+)` \| (\w+) \| ([\w, ]+) \| (?:`(\w+)`)? ?\| (.+) \|$", re.MULTILINE)
NAME = re.compile(r"lineman_[a-z_]+")
SUFFIXES = ("_bucket", "_sum", "_count")


def test_the_list_in_the_docs() -> None:
    """docs/operations.md has every metric, as the code has it."""
    text = (ROOT / "docs" / "operations.md").read_text()
    code = {
        (metric.name, metric.kind, ", ".join(metric.services), metric.label, metric.text)
        for metric in METRICS
    }
    assert set(LISTED.findall(text)) == code


@pytest.mark.parametrize("name", ["alerts.yaml", "dashboard.json"])
def test_examples_use_metrics_that_exist(name: str) -> None:
    """Every metric in an example is one that Lineman has."""
    names = set(NAME.findall((EXAMPLES / name).read_text()))
    plain = {next((n.removesuffix(end) for end in SUFFIXES if n.endswith(end)), n) for n in names}
    assert names
    assert plain - {metric.name for metric in METRICS} == set()


def test_alerts() -> None:
    """Prometheus accepts the alert rules."""
    assert "9 rules found" in promtool("check", "rules", str(EXAMPLES / "alerts.yaml"))


def test_dashboard(tmp_path: Path) -> None:
    """Prometheus accepts every expression of the dashboard, and each metric is on it."""
    dashboard = json.loads((EXAMPLES / "dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions)]
    file = tmp_path / "panels.json"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", str(file))
    left_out = {m.name for m in METRICS if not any(m.name in text for text in expressions)}
    assert left_out == {
        "lineman_runs_started_total",
        "lineman_hub_connected",
        "lineman_nats_connected",
        "lineman_tasks_failing",
    }


@pytest.mark.parametrize("service", ["bot", "hub", "relay"])
async def test_page(service: str) -> None:
    """A scrape has the metrics of its service, and promtool finds no fault in it."""
    tally = Tally()
    for metric in METRICS:
        if metric.kind == "histogram":
            tally.time(metric.name, 0.2, 'a "check"\n' if metric.label else "")
        elif metric.kind == "counter":
            tally.count(metric.name, 'a "word"\n' if metric.label else "")
    gauges = {(metric.name, "a" if metric.label else ""): 3.0 for metric in METRICS if metric.kind == "gauge"}
    async with metrics_served("LINEMAN_METRICS", "127.0.0.1:0", service, lambda: gauges, tally) as address:
        page = await scrape(address)
    types = set(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))
    assert types == {(metric.name, metric.kind) for metric in METRICS if service in metric.services}
    assert {value for name, value in samples(page).items() if "_bucket" not in name} <= {0.2, 1.0, 3.0}
    assert "\\n" in page


async def test_off_by_default() -> None:
    """Without an address nothing listens."""
    before = threading.active_count()
    async with metrics_served("LINEMAN_METRICS", "", "bot", dict) as address:
        assert address is None
        assert threading.active_count() == before


def test_the_library_is_imported_only_when_it_is_needed() -> None:
    """A relay, a hub, and a bot without an address do not load it."""
    modules = "probes.__main__, bot.cli.hub, bot.slack.server.server"
    script = f"import sys, {modules}; sys.exit('prometheus_client' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=unmeasured(), check=True, timeout=60)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
    ],
)
def test_address(text: str, address: tuple[str, int]) -> None:
    """A port alone is one of the loopback address."""
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["on", "localhost:", "127.0.0.1:99999", "127.0.0.1:²", "192.0.2.1:9464"])
async def test_address_that_cannot_be_used(text: str) -> None:
    """The message names the variable."""
    with pytest.raises(MetricsError, match=r"^LINEMAN_METRICS"):
        async with metrics_served("LINEMAN_METRICS", text, "bot", dict):
            pass


def test_tally_is_bounded() -> None:
    """A label that a stranger chooses has a limited number of values."""
    tally = Tally()
    for number in range(1000):
        tally.count("refused", f"reason {number}")
        tally.time("check", 10.0**9 if number % 2 else 0.0, f"check {number}")
    assert len(tally.counts()) == len(tally.durations()) == MOST_VALUES + 1
    assert tally.counts()["refused", OTHER] == 1000 - MOST_VALUES
    assert sum(sum(item.counts) for item in tally.durations().values()) == 1000
    assert len(tally.durations()["check", OTHER].counts) == len(BUCKETS) + 1
