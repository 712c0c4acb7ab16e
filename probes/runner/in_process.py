"""Run a plan under an egress policy in this process; a relay's worker does this."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from probes.checks import PROBES, Probe
from probes.net.guard import GUARD
from probes.net.resolver import Resolver
from probes.protocol.model import Observation, Plan
from probes.protocol.policy import Policy
from probes.runner.packet_budget import PacketBudget
from probes.runner.policy_guard import PolicyGuard
from probes.runner.run import run_plan


@dataclass(frozen=True, slots=True)
class InProcessRunner:
    """Runs plans under a relay's *policy*, within its packet budget *pace*."""

    policy: Policy
    pace: PacketBudget
    probes: Mapping[str, Probe] = field(default_factory=lambda: PROBES)
    resolver: Callable[[], Resolver] = Resolver  # one per plan

    @asynccontextmanager
    async def run(self, plan: Plan, say: Callable[[str], None]) -> AsyncIterator[AsyncIterator[Observation]]:
        """Start *plan* and iterate over its observations; *say* receives what the egress policy blocks.

        The policy guard applies to the calling task and to every task that it starts.
        """
        resolver = self.resolver()
        servers = frozenset(address for address, _ in resolver.servers)
        GUARD.set(PolicyGuard(self.policy, self.pace, servers, say))
        async with run_plan(plan, self.probes, resolver) as coming:
            yield coming
