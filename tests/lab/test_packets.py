"""How much a diagnosis of a healthy network sends and receives."""

import json
import sys

import pytest

from tests.lab import counting, scenarios
from tests.lab.lab import Lab

pytestmark = [pytest.mark.root, pytest.mark.lab]

MOST_PACKETS = 400  # of both directions together
MOST_BYTES = 400_000


TRIES = 3  # a busy machine sends some again, and confirms more of them apart


@pytest.mark.parametrize("name", ["healthy", "healthy-ios"])
def test_a_healthy_network_costs_few_packets(lab: Lab, name: str) -> None:
    """Everything is checked, without exceeding 400 packets and 400 kB."""
    costs = []
    for _ in range(TRIES):
        costs.append(_cost(lab, name))
        if costs[-1][0] <= MOST_PACKETS:
            break
    packets, size = min(costs)
    assert 200 < packets <= MOST_PACKETS, costs
    assert size <= MOST_BYTES


def _cost(lab: Lab, name: str) -> tuple[int, int]:
    """Packets and bytes of one diagnosis."""
    scenario = scenarios.load(name)
    with lab.scenario(scenario) as situation, counting.packets(lab) as counted:
        words = [*scenario.arguments(), "--network", str(situation.network_file), "--json"]
        ran = situation.run([sys.executable, "-m", "bot.cli.main", *words])
        assert json.loads(ran.stdout)["outcome"] == "clear"
        return counted()
