"""Where probes run from: what every relay offers, and the one built into this process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from probes.model import USER_NETWORK, Observation, Plan

LOCAL: Final = "local"


class Relay(Protocol):
    """A vantage point."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def vantage(self) -> str:
        """Where it stands: one of `probes.model.VANTAGES`."""
        ...

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Start *plan*; the iterator gives observations as they come, leaving the block cancels the rest."""
        ...


@dataclass(frozen=True, slots=True)
class LocalRelay:
    """This very host: it speaks for the user's network when it stands in it."""

    vantage: str = USER_NETWORK
    name: str = LOCAL
    environment: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # may name a proxy, password included

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Run *plan* in this process; where it names no proxy, by the one that this host is set to."""
        from probes.run import run_plan  # the probes take longer to import than anything before them

        return run_plan(replace(plan, proxy=plan.proxy or self._proxy(plan)))

    def _proxy(self, plan: Plan) -> str:
        """The proxy that the environment names for the first host that *plan* would reach through one."""
        from probes.way_out import proxy_from

        through = (step.target.host for step in plan.steps if step.params.get("proxy"))
        proxies = (proxy_from(self.environment, f"https://{host}") for host in through)
        return next(filter(None, proxies), "")
