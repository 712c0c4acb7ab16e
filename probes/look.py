"""What a probe is given besides its step: a sheet for facts, earlier observations, and what the run shares."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.model import Observation, Plan
from probes.resolver import Resolver
from probes.trust import Trust


@dataclass(frozen=True, slots=True)
class Shared:
    """What all looks of one run have in common, made once."""

    plan: Plan
    resolver: Resolver
    trust: Trust

    @classmethod
    def of(cls, plan: Plan, resolver: Resolver | None = None) -> "Shared":
        """Ready to run *plan* on this host, whose name service is *resolver*."""
        return cls(plan, resolver or Resolver(), Trust(plan.roots))


@dataclass(slots=True)
class Look:
    """One probe looking at one target.

    Facts are noted as they become known, so that what was seen before the budget ran out is kept.
    """

    shared: Shared
    earlier: Mapping[str, Observation] = field(default_factory=dict)  # by step id: the `after` steps
    facts: dict[str, Any] = field(default_factory=dict)

    def note(self, **facts: Any) -> None:
        """Write *facts* down; a later value replaces an earlier one."""
        self.facts.update(facts)


def now() -> float:
    """The event loop's monotonic clock in seconds: for measuring, never for deadlines."""
    return asyncio.get_running_loop().time()


def milliseconds_since(start: float) -> float:
    """Milliseconds passed since *start* by `now()`, to a hundredth."""
    return round((now() - start) * 1000, 2)
