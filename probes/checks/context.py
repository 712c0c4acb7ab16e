"""What a check gets besides its step: its facts, earlier observations, and what the run shares."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.checks.controls import Controls
from probes.net.loss import LossMeter
from probes.net.resolver import Resolver
from probes.protocol.frozen import frozen
from probes.protocol.model import Observation, Plan


@frozen
class RunContext:
    """What all checks of one run share."""

    plan: Plan
    resolver: Resolver
    loss: LossMeter = field(default_factory=LossMeter)  # round-trip loss of small UDP packets
    controls: Controls = field(default_factory=Controls)
    silence: asyncio.Event = field(default_factory=asyncio.Event)  # a media datagram got no answer in time

    @classmethod
    def of(cls, plan: Plan, resolver: Resolver | None = None) -> "RunContext":
        """The context to run *plan* on this host, with *resolver* for its name lookups."""
        return cls(plan, resolver or Resolver())


@dataclass(slots=True)
class ProbeContext:
    """What one check of one target gets.

    Checks note facts as soon as they have them: what was found before the budget ran out is kept.
    """

    shared: RunContext
    earlier: Mapping[str, Observation] = field(default_factory=dict)  # by step id: the `after` steps
    facts: dict[str, Any] = field(default_factory=dict)
    judges_silence: bool = (
        False  # the check decides itself whether "no answer" is a drop; out of time is not one
    )

    @property
    def loss(self) -> LossMeter:
        """The loss of the line, as far as the checks of this plan measured it."""
        return self.shared.loss

    def note(self, **facts: Any) -> None:
        """Record *facts*; a later value replaces an earlier one."""
        self.facts.update(facts)
