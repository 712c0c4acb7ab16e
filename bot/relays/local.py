"""The Relay protocol, and the relay inside this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import field, replace
from typing import Any, Final, Protocol, TypeVar

from bot.model.request import LOCAL
from probes.checks import BUDGETS
from probes.protocol.frozen import frozen
from probes.protocol.model import USER_NETWORK, Observation, Plan

T = TypeVar("T")


async def from_each(names: Sequence[str], look: Callable[[str], Coroutine[Any, Any, T]]) -> tuple[T, ...]:
    """Call *look* for each relay of *names* in parallel; returns the results in that order.

    The first exception cancels the others and is raised as it is, not in a group.
    """
    if len(names) == 1:
        return (await look(names[0]),)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look(name), name=f"from {name}") for name in names]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tuple(task.result() for task in tasks)


def seconds_for(probe: str) -> float | None:
    """How long a step of *probe* may take, by the table of probes; None for a probe that is not in it."""
    return BUDGETS[probe].limit if probe in BUDGETS else None


class Relay(Protocol):
    """A vantage point that can run plans."""

    @property
    def name(self) -> str:
        """The relay's name."""
        ...

    @property
    def vantage(self) -> str:
        """The relay's location: one of `probes.protocol.model.VANTAGES`."""
        ...

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Run *plan*; yields observations as they arrive, and leaving the block cancels the rest."""
        ...


NOT_RUNNING: Final = "No hub is running here. Start one with lineman hub, or set LINEMAN_HUB_SOCKET."


class RelayLookup(Protocol):
    """Relays by name."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the local relay first."""
        ...

    @property
    def note(self) -> str:
        """A sentence for somebody who names a relay that is not known; "" if there is nothing to add."""
        ...

    @property
    def unusable(self) -> Mapping[str, str]:
        """Revoked and invited relays, each with why it cannot be used, as what follows its name."""
        ...

    def named(self, name: str, who: str = "", what: str = "") -> Relay:
        """Return the relay *name* for the requester *who* and the case *what*; KeyError if unknown."""
        ...


@frozen
class LocalRelay:
    """This host; it represents the user's network if it is inside it."""

    vantage: str = USER_NETWORK
    name: str = LOCAL
    environment: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # may contain a proxy's URL, password included

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Run *plan* in this process, with this host's proxy if the plan names none."""
        from probes.runner.run import run_plan  # keeps the probes, the slowest import, out of start-up

        return run_plan(replace(plan, proxy=plan.proxy or self._proxy(plan)))

    def _proxy(self, plan: Plan) -> str:
        """Return the proxy that the environment sets for the first host that *plan* reaches through a proxy."""
        from probes.net.proxy_env import proxy_from  # keeps the probes out of start-up

        through = (step.target.host for step in plan.steps if step.params.get("proxy"))
        proxies = (proxy_from(self.environment, f"https://{host}") for host in through)
        return next(filter(None, proxies), "")


@frozen
class LocalOnly:
    """The local relay alone, for use without a hub."""

    local: LocalRelay
    note: str = ""
    unusable: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Its name."""
        return (self.local.name,)

    def named(self, name: str, who: str = "", what: str = "") -> Relay:
        """Return the local relay; KeyError for any other name."""
        if name != self.local.name:
            raise KeyError(name)
        return self.local
