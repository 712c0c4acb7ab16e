"""What a probe is given besides its step: a sheet for facts, earlier observations, and what the run shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.net.certificate_verdict import Trust
from probes.net.resolver import Resolver
from probes.protocol.model import Observation, Plan


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all looks of one run have in common, made once."""

    plan: Plan
    resolver: Resolver
    trust: Trust

    @classmethod
    def of(cls, plan: Plan, resolver: Resolver | None = None) -> "RunContext":
        """Ready to run *plan* on this host, whose name service is *resolver*."""
        return cls(plan, resolver or Resolver(), Trust(plan.roots))


@dataclass(slots=True)
class ProbeContext:
    """One probe looking at one target.

    Facts are noted as they become known, so that what was seen before the budget ran out is kept.
    """

    shared: RunContext
    earlier: Mapping[str, Observation] = field(default_factory=dict)  # by step id: the `after` steps
    facts: dict[str, Any] = field(default_factory=dict)

    def note(self, **facts: Any) -> None:
        """Write *facts* down; a later value replaces an earlier one."""
        self.facts.update(facts)
