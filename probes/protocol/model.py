"""The values that bot and relay exchange: targets, steps, plans, and observations.

Pure: no network, no clock. All of them print well and consist of JSON types.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, TypeAlias

from probes.protocol.failures import NO_RESULT, Failure
from probes.protocol.frozen import frozen

Facts: TypeAlias = Mapping[str, Any]  # JSON values only


@frozen
class Target:
    """One host and port to check, and the service it provides."""

    service: str  # signaling, registration, insights, stun, turn, media, …
    host: str = ""  # a name or an IP address
    port: int = 0
    transport: str = "tcp"  # udp, tcp or tls: what carries the service
    edge: str = ""  # the edge this host belongs to; roaming when DNS selects it

    def __str__(self) -> str:
        """Write `host:port/transport`."""
        return f"{self.host}:{self.port}/{self.transport}"


@frozen
class Step:
    """One check of one target. It runs as soon as every step in `after` has succeeded."""

    id: str
    probe: str  # a name in probes.checks.PROBES
    target: Target
    budget: float  # seconds, counted from its own start
    params: Facts = field(default_factory=dict)  # the check's parameters besides the target
    after: tuple[str, ...] = ()  # ids; a failure there skips this step
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # never in a log or an observation


@frozen
class Plan:
    """All the steps that one relay runs for one case."""

    steps: tuple[Step, ...]
    budget: float  # seconds, hard cap over all steps
    roots: tuple[str, ...] = ()  # PEM: certificate authorities of the service besides the public ones
    proxy: str = ""  # http://host:port of the proxy, for the steps that use one


@frozen
class Observation:
    """The result of one step on one relay."""

    step: str
    probe: str
    target: Target
    failure: Failure | None  # None: checked, and it works
    facts: Facts = field(default_factory=dict)
    started: float = 0.0  # seconds since the epoch, by the relay's clock
    runtime: float = 0.0  # seconds

    @property
    def has_result(self) -> bool:
        """Whether the step gave a result about the network; a skipped step did not."""
        return self.failure not in NO_RESULT


def without_result(step: Step, failure: Failure, **facts: object) -> Observation:
    """Make the observation of a *step* that gave no result; *failure* is the reason."""
    answers = {name: str(value) for name, value in facts.items() if value is not None}
    return Observation(step.id, step.probe, step.target, failure, answers)


USER_NETWORK: Final = "user-network"  # its observations find causes and rule them out
REFERENCE: Final = "reference"  # shows how the service behaves from another network
VANTAGES: Final = (USER_NETWORK, REFERENCE)  # of relays, and of the protocol between hub and relay
# Of the bot's own host only, and never sent: it finds causes of its own network, and rules none out for the user's.
UNKNOWN_VANTAGE: Final = "unknown"
LOCAL_VANTAGES: Final = (*VANTAGES, UNKNOWN_VANTAGE)
