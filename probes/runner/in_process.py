"""Run a plan inside its fence, in this process: what the worker of a relay does."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from probes.checks import PROBES
from probes.net.guard import GUARD
from probes.net.resolver import Resolver
from probes.protocol.model import Observation, Plan
from probes.protocol.policy import Policy
from probes.runner.policy_guard import PacketBudget, PolicyGuard
from probes.runner.run import Probe, run_plan


@dataclass(frozen=True, slots=True)
class InProcessRunner:
    """Looks by a relay's *policy*, at its *pace*."""

    policy: Policy
    pace: PacketBudget
    probes: Mapping[str, Probe] = field(default_factory=lambda: PROBES)
    resolver: Callable[[], Resolver] = Resolver  # one for each plan

    @asynccontextmanager
    async def run(self, plan: Plan, say: Callable[[str], None]) -> AsyncIterator[AsyncIterator[Observation]]:
        """Start *plan* and iterate over what it yields; *say* hears what the fence holds back.

        The fence is put up for the task that calls, and for all that it starts.
        """
        resolver = self.resolver()
        servers = frozenset(address for address, _ in resolver.servers)
        GUARD.set(PolicyGuard(self.policy, self.pace, servers, say))
        async with run_plan(plan, self.probes, resolver) as coming:
            yield coming
