"""Where probes run from: what every relay offers, and the one built into this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from bot.model.request import LOCAL
from probes.protocol.model import USER_NETWORK, Observation, Plan

T = TypeVar("T")


async def from_each(names: Sequence[str], look: Callable[[str], Coroutine[Any, Any, T]]) -> tuple[T, ...]:
    """Have *look* look from every relay of *names*, side by side; what each saw, in their order.

    The first exception ends the others, and comes out as it is, in no group.
    """
    if len(names) == 1:
        return (await look(names[0]),)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look(name), name=f"from {name}") for name in names]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tuple(task.result() for task in tasks)


class Relay(Protocol):
    """A vantage point."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def vantage(self) -> str:
        """Where it stands: one of `probes.protocol.model.VANTAGES`."""
        ...

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Start *plan*; the iterator gives observations as they come, leaving the block cancels the rest."""
        ...


class RelayLookup(Protocol):
    """Relays by name."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the built-in relay's first."""
        ...

    def named(self, name: str, who: str = "", what: str = "") -> Relay:
        """Give the relay *name* for use on behalf of *who*, for the case *what*; KeyError unless it is known."""
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
        from probes.runner.run import run_plan  # the probes take longer to import than anything before them

        return run_plan(replace(plan, proxy=plan.proxy or self._proxy(plan)))

    def _proxy(self, plan: Plan) -> str:
        """The proxy that the environment names for the first host that *plan* would reach through one."""
        from probes.net.proxy_env import proxy_from

        through = (step.target.host for step in plan.steps if step.params.get("proxy"))
        proxies = (proxy_from(self.environment, f"https://{host}") for host in through)
        return next(filter(None, proxies), "")


@dataclass(frozen=True, slots=True)
class LocalOnly:
    """The built-in relay alone: what there is without a hub."""

    local: LocalRelay

    @property
    def names(self) -> tuple[str, ...]:
        """Its name."""
        return (self.local.name,)

    def named(self, name: str, who: str = "", what: str = "") -> Relay:
        """Give it; KeyError for any other name."""
        if name != self.local.name:
            raise KeyError(name)
        return self.local
