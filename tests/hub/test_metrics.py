"""The metrics of a hub count what happened."""

from pathlib import Path

from probes.protocol.keys import Identity
from probes.protocol.metrics import metrics_served
from tests.hub.hub_fixture import PLAN, house
from tests.hub.scripted_relay import dialled
from tests.monitoring.scrape import samples, scrape


async def test_hub(tmp_path: Path) -> None:
    """A plan that ends, one that the relay refuses, and one for a relay that is gone are counted by outcome."""
    async with (
        house(tmp_path) as home,
        metrics_served("LINEMAN_HUB_METRICS", "127.0.0.1:0", "hub", home.hub.gauges) as address,
    ):
        before = samples(await scrape(address))
        relay = await home.new("acme-hq")
        async with dialled(relay, home.url):
            await home.run("acme-hq")
            during = samples(await scrape(address))
            relay.signer = Identity.new().key
            await home.run("acme-hq")
        await home.until(lambda: not home.hub.sessions)
        await home.run("acme-hq")
        after = samples(await scrape(address))
        text = str(after)
    assert during["lineman_relays_connected"] == 1
    assert after["lineman_relays_connected"] == after["lineman_plans_in_flight"] == 0
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    assert grown['lineman_plans_ended_total{outcome="finished"}'] == 1
    assert grown['lineman_plans_refused_total{reason="unknown_signer"}'] == 1
    assert grown['lineman_plans_refused_total{reason="not_connected"}'] == 1
    assert "acme" not in text
    assert all(step.target.host not in text for step in PLAN.steps)
