"""The metrics of bot, hub, and relay for Prometheus; off unless an address is set. docs/operations.md lists them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from probes.protocol.tally import BUCKETS, TALLY, Key, Tally

if TYPE_CHECKING:
    from prometheus_client import Metric as Family

LOOPBACK: Final = "127.0.0.1"
EXAMPLE: Final = "127.0.0.1:9464"
ANSWERS: Final = 5.0  # seconds that the event loop has for the gauges of one scrape

BOT, HUB, RELAY = "bot", "hub", "relay"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"

RUNS_STARTED: Final = "lineman_runs_started_total"
RUNS_ENDED: Final = "lineman_runs_ended_total"
RUNS_ACTIVE: Final = "lineman_runs_active"
CHECK_SECONDS: Final = "lineman_check_duration_seconds"
ACK_SECONDS: Final = "lineman_acknowledgment_duration_seconds"
QUEUE: Final = "lineman_queue_length"
RELAYS: Final = "lineman_relays_connected"
REJECTED: Final = "lineman_relays_rejected_total"
WAITING: Final = "lineman_connections_unauthenticated"
IN_FLIGHT: Final = "lineman_plans_in_flight"
PLANS_ENDED: Final = "lineman_plans_ended_total"
PLANS_REFUSED: Final = "lineman_plans_refused_total"
HUB_CONNECTED: Final = "lineman_hub_connected"
NATS_CONNECTED: Final = "lineman_nats_connected"
HUB_FAILURES: Final = "lineman_hub_connection_failures_total"
TASK_FAILURES: Final = "lineman_task_failures_total"
TASKS_FAILING: Final = "lineman_tasks_failing"
DATABASE_ERRORS: Final = "lineman_database_errors_total"


class MetricsError(Exception):
    """The metrics cannot be served; the message is a sentence for the operator."""


class Metric(NamedTuple):
    """One metric: what it counts, its label if it has one, and the services that have it."""

    name: str
    kind: str
    text: str
    services: tuple[str, ...]
    label: str = ""


METRICS: Final = (
    Metric(RUNS_STARTED, COUNTER, "Diagnoses started", (BOT,)),
    Metric(RUNS_ENDED, COUNTER, "Diagnoses ended, by verdict or by why there is none", (BOT,), "outcome"),
    Metric(RUNS_ACTIVE, GAUGE, "Diagnoses that wait or run", (BOT,)),
    Metric(CHECK_SECONDS, HISTOGRAM, "Duration of each check", (BOT, RELAY), "check"),
    Metric(ACK_SECONDS, HISTOGRAM, "Time until a request of Slack is acknowledged", (BOT,)),
    Metric(QUEUE, GAUGE, "Work that waits", (BOT, RELAY), "queue"),
    Metric(RELAYS, GAUGE, "Relays connected", (HUB,)),
    Metric(REJECTED, COUNTER, "Connections of relays that the hub rejected", (HUB,), "reason"),
    Metric(WAITING, GAUGE, "Connections that are not authenticated yet", (HUB,)),
    Metric(IN_FLIGHT, GAUGE, "Plans that run", (HUB, RELAY)),
    Metric(PLANS_ENDED, COUNTER, "Plans that were sent and ended", (HUB, RELAY), "outcome"),
    Metric(PLANS_REFUSED, COUNTER, "Plans that the hub or the relay refused", (HUB, RELAY), "reason"),
    Metric(HUB_CONNECTED, GAUGE, "Whether the relay has a connection to its hub", (RELAY,)),
    Metric(NATS_CONNECTED, GAUGE, "Whether there is a connection to NATS", (BOT, HUB)),
    Metric(HUB_FAILURES, COUNTER, "Connections to the hub that failed or broke", (RELAY,)),
    Metric(TASK_FAILURES, COUNTER, "Failures of tasks in the background", (BOT, HUB), "task"),
    Metric(TASKS_FAILING, GAUGE, "Tasks in the background without a success for 30 s", (BOT, HUB)),
    Metric(DATABASE_ERRORS, COUNTER, "Operations of the database that failed", (BOT, HUB)),
)


def read_address(text: str) -> tuple[str, int]:
    """Read HOST:PORT, or PORT for the loopback address; ValueError for anything else."""
    host, _, port = text.strip().rpartition(":")
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= 65535):
        raise ValueError("not an address")
    return host.strip("[]") or LOOPBACK, int(port)


@asynccontextmanager
async def metrics_served(
    setting: str,
    text: str,
    service: str,
    gauges: Callable[[], Mapping[Key, float]],
    tally: Tally = TALLY,
) -> AsyncIterator[tuple[str, int] | None]:
    """Serve the metrics of *service* at the address *text*, the value of *setting*; yields it, None if *text* is empty.

    *gauges* is called in this event loop at each scrape. Raises `MetricsError`.
    """
    if not text.strip():
        yield None
        return
    try:
        host, port = read_address(text)
    except ValueError:
        raise MetricsError(f"{setting} must be an address such as {EXAMPLE}.") from None
    try:  # 60 ms to import, and off by default
        from prometheus_client import CollectorRegistry, make_wsgi_app

        from probes.protocol.metrics_server import MetricsServer
    except ImportError:
        raise MetricsError(
            f"{setting} needs the package prometheus-client. Install it, or unset it."
        ) from None
    registry = CollectorRegistry()
    registry.register(MetricsCollector(service, gauges, asyncio.get_running_loop(), tally))
    try:
        server = MetricsServer((host, port), make_wsgi_app(registry))
    except OSError as error:
        raise MetricsError(f"{setting}: cannot listen on {host}:{port}: {error.strerror or error}.") from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    try:
        yield host, server.server_port
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()


class MetricsCollector:
    """Collects the metrics of one *service*, in the thread of the scrape."""

    def __init__(
        self,
        service: str,
        gauges: Callable[[], Mapping[Key, float]],
        loop: asyncio.AbstractEventLoop,
        tally: Tally,
    ) -> None:
        self._metrics = [metric for metric in METRICS if service in metric.services]
        self._gauges, self._loop, self._tally = gauges, loop, tally

    def collect(self) -> "Iterator[Family]":
        """Yield one family per metric; TimeoutError if the event loop does not respond."""
        from prometheus_client.core import (  # as above
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        gauges = asyncio.run_coroutine_threadsafe(self._read(), self._loop).result(ANSWERS)
        counts, durations = self._tally.counts(), self._tally.durations()
        for name, kind, text, _, label in self._metrics:
            labels = (label,) if label else ()
            values = {value: (value,) if label else () for value in _values(name, label, counts, gauges)}
            match kind:
                case "counter":
                    counter = CounterMetricFamily(name, text, labels=labels)
                    for value, words in values.items():
                        counter.add_metric(words, counts.get((name, value), 0))
                    yield counter
                case "gauge":
                    gauge = GaugeMetricFamily(name, text, labels=labels)
                    for value, words in values.items():
                        gauge.add_metric(words, gauges.get((name, value), 0.0))
                    yield gauge
                case _:
                    histogram = HistogramMetricFamily(name, text, labels=labels)
                    for (metric, value), item in durations.items():
                        if metric == name:
                            bounds = [*map(str, BUCKETS), "+Inf"]
                            buckets = list(zip(bounds, accumulate(item.counts), strict=True))
                            histogram.add_metric((value,) if label else (), buckets, item.seconds)
                    yield histogram

    async def _read(self) -> Mapping[Key, float]:
        return self._gauges()


def _values(name: str, label: str, *sources: Mapping[Key, float]) -> list[str]:
    """List the values of the label of *name*: none yet, unless it has no label and thus is 0."""
    return (
        [""] if not label else sorted({value for source in sources for key, value in source if key == name})
    )
