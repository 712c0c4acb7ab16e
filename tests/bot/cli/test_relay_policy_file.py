"""The policy file that a relay starts with lets every plan of its network pass, and nothing else."""

from pathlib import Path

import pytest
import yaml

from bot.cli.relay_policy_file import write_policy
from bot.diagnosis.ice_servers import IceServers, TurnServer
from bot.diagnosis.plan import make_plan
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.reasoning.selection import select_causes
from probes.checks import PROBES
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import PlanRefused, make_order
from probes.protocol.policy import Policy
from probes.protocol.policy_file import parse_policy
from probes.relay.admission import admit

ICE = IceServers(
    (
        TurnServer("global.turn.twilio.com", 443, "tcp", "u", "c"),
        TurnServer("global.turn.twilio.com", 3478, "udp", "u", "c"),
    )
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse_policy(yaml.safe_load(write_policy(load_network(None))))


@pytest.mark.parametrize("platform", [None, "javascript", "android", "ios", "react-native"])
@pytest.mark.parametrize("edge", ["roaming", "frankfurt", "ashburn-ix"])
def test_every_plan_for_the_network_is_admitted(platform: str | None, edge: str, policy: Policy) -> None:
    """No relay refuses what its own bot has to ask, with the policy that the bot made for it."""
    knowledge, network = load_knowledge(), load_network(None)
    platforms = [platform] if platform else sorted(knowledge.platforms)
    cases = [select_causes(knowledge, network, "31009", one, edge) for one in platforms]
    plan = make_plan(cases, network, ICE)
    assert len(plan.steps) > 5
    assert admit(make_order(plan, "a", "u", 0.0), policy, PROBES) == plan


@pytest.mark.parametrize(
    ("host", "port", "transport"),
    [
        ("10.0.0.1", 443, "tcp"),
        ("evil.example", 443, "tcp"),
        ("168.86.128.1", 22, "tcp"),
        ("voice-js.roaming.twilio.com", 22, "tcp"),
    ],
)  # fmt: skip
def test_nothing_else_is_admitted(host: str, port: int, transport: str, policy: Policy) -> None:
    """Other hosts, other ports and private addresses are not in the facts, and so not in the policy."""
    plan = Plan((Step("one", "tcp", Target("signaling", host, port, transport), 2.0),), 2.0)
    with pytest.raises(PlanRefused, match="policy file"):
        admit(make_order(plan, "a", "u", 0.0), policy, PROBES)


def test_policy_that_comes_with_the_relay_is_up_to_date() -> None:
    """`lineman relays policy > probes/policy.yaml` was run after the last change of the facts."""
    assert Path("probes/policy.yaml").read_text(encoding="utf-8") == write_policy(load_network(None))
