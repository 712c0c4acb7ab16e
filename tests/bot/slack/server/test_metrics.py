"""The metrics of the bot count what happened."""

import pytest

from bot.errors import UsageError
from bot.slack.server.bot_metrics import bot_metrics
from tests.bot.slack.conftest import Here
from tests.monitoring.scrape import samples, scrape
from tests.previews.samples import SIGNALING_SHUT


async def test_bot(here: Here) -> None:
    """A diagnosis is counted by its verdict, with its checks and the acknowledgment of its request."""
    here.relay.faults = SIGNALING_SHUT
    async with bot_metrics("127.0.0.1:0", here.context, ()) as address:
        before = samples(await scrape(address))
        await here.slack.command("/diagnose 31009 ios", here.user())
        await here.verdict()
        await here.until(lambda: not here.context.active_runs)
        page = await scrape(address)
    after = samples(page)
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    assert grown["lineman_runs_started_total"] == 1
    assert grown['lineman_runs_ended_total{outcome="found"}'] == 1
    assert grown["lineman_acknowledgment_duration_seconds_count"] >= 1
    assert grown['lineman_check_duration_seconds_count{check="dns"}'] >= 1
    assert after["lineman_runs_active"] == after["lineman_tasks_failing"] == 0
    assert here.user().id not in page


async def test_address_that_cannot_be_used(here: Here) -> None:
    """A mistake ends the start with a sentence that names the variable."""
    with pytest.raises(UsageError, match="LINEMAN_METRICS must be an address such as"):
        async with bot_metrics("yes", here.context, ()):
            pass
