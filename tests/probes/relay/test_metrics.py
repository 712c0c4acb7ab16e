"""The metrics of a relay count what happened."""

from probes.protocol.keys import Identity
from probes.protocol.messages import Done, Refusal, RunPlan
from probes.protocol.metrics import metrics_served
from tests.monitoring.scrape import samples, scrape
from tests.probes.relay.stub_hub import relay, stub_hub
from tests.probes.relay.test_agent import FAKES, POLICY, plan


async def test_relay() -> None:
    """A plan and its checks are counted, and a plan that is refused, by its reason."""
    async with (
        stub_hub() as hub,
        relay(hub, POLICY, dict(FAKES)) as agent,
        metrics_served("LINEMAN_RELAY_METRICS", "127.0.0.1:0", "relay", agent.gauges) as address,
    ):
        before = samples(await scrape(address))
        await hub.say(RunPlan(hub.order(plan("quick", "quick"))))
        await hub.until(Done)
        await hub.say(RunPlan(hub.order(plan("quick"), signer=Identity.new())))
        await hub.until(Refusal)
        after = samples(await scrape(address))
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    assert before["lineman_hub_connected"] == 1
    assert after["lineman_plans_in_flight"] == 0
    assert grown['lineman_plans_ended_total{outcome="finished"}'] == 1
    assert grown['lineman_plans_refused_total{reason="unknown_signer"}'] == 1
    assert grown['lineman_check_duration_seconds_count{check="quick"}'] == 2
