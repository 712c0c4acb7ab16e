"""Serve the metrics of the bot for Prometheus, if LINEMAN_METRICS names an address."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.background import PeriodicTask
from bot.errors import UsageError
from bot.slack.api.settings import METRICS
from bot.slack.delivery.inbox import JOB
from bot.slack.state.context import AppContext
from probes.protocol.metrics import BOT, QUEUE, RUNS_ACTIVE, TASKS_FAILING, MetricsError, metrics_served
from probes.protocol.tally import Key


@asynccontextmanager
async def bot_metrics(
    address: str, context: AppContext, background: Sequence[PeriodicTask]
) -> AsyncIterator[tuple[str, int] | None]:
    """Serve while the block runs; yields the address, None without one. `UsageError` if it cannot be served."""

    def gauges() -> dict[Key, float]:
        return {
            (RUNS_ACTIVE, ""): len(context.active_runs),
            (QUEUE, "requests"): len(context.tasks.running(JOB)),
            (QUEUE, "relay_slots"): context.run_slots.waiting,
            (TASKS_FAILING, ""): sum(bool(task.problem) for task in background),
        } | context.relay_directory.gauges()

    try:
        async with metrics_served(METRICS, address, BOT, gauges) as served:
            yield served
    except MetricsError as error:
        raise UsageError(str(error)) from None
