"""The values that travel between the bot and a relay: targets, steps, plans, observations.

Pure: no network, no clock. All of them print well and are made of JSON's types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from probes.protocol.failures import NO_RESULT, Failure

Facts: TypeAlias = Mapping[str, Any]  # JSON values only


@dataclass(frozen=True, slots=True)
class Target:
    """One place to look at, and what it is for."""

    service: str  # signaling, registration, insights, stun, turn, media, …
    host: str = ""  # a name, or a literal address
    port: int = 0
    transport: str = "tcp"  # udp, tcp or tls: what carries the service
    edge: str = ""  # the edge this host belongs to; roaming where DNS chooses

    def __str__(self) -> str:
        """`host:port/transport`, as an engineer would write it."""
        return f"{self.host}:{self.port}/{self.transport}"


@dataclass(frozen=True, slots=True)
class Step:
    """One probe of one target. It runs as soon as every step in `after` has succeeded."""

    id: str
    probe: str  # a name in probes.checks.PROBES
    target: Target
    budget: float  # seconds, counted from its own start
    params: Facts = field(default_factory=dict)  # what this probe takes besides the target
    after: tuple[str, ...] = ()  # ids; a failure there skips this step
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # never printed, never observed


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one relay is asked to look at for one case."""

    steps: tuple[Step, ...]
    budget: float  # seconds, hard cap over all steps
    roots: tuple[str, ...] = ()  # PEM: authorities of the service besides the public ones
    proxy: str = ""  # http://host:port that leads out, if steps want to try it


@dataclass(frozen=True, slots=True)
class Observation:
    """What one relay saw in one step."""

    step: str
    probe: str
    target: Target
    failure: Failure | None  # None: looked, and it worked
    facts: Facts = field(default_factory=dict)
    started: float = 0.0  # seconds since the epoch, by the relay's clock
    runtime: float = 0.0  # seconds

    @property
    def has_result(self) -> bool:
        """Whether this says anything about the network: a skipped step does not."""
        return self.failure not in NO_RESULT


def without_result(step: Step, failure: Failure, **facts: object) -> Observation:
    """The observation of a *step* that did not run, with the word that says why."""
    answers = {name: str(value) for name, value in facts.items() if value is not None}
    return Observation(step.id, step.probe, step.target, failure, answers)


USER_NETWORK: Final = "user-network"  # may find a cause and may rule one out
REFERENCE: Final = "reference"  # tells how the service looks from elsewhere
VANTAGES: Final = (USER_NETWORK, REFERENCE)
