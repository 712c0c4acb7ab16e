"""What is known of the edges of a service, and the facts that follow from it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.net.clock import now
from probes.protocol.failures import Failure
from probes.protocol.model import Step

_REFUSALS: Final = frozenset({Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET})


@dataclass(slots=True)
class EdgeResult:
    """One edge, or the roaming name, with what is known so far."""

    host: str
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()
    address: str = ""
    ms: float | None = None
    refused_ms: float | None = None  # from the SYN to the refusal
    failure: Failure | None = Failure.INCONCLUSIVE  # no answer yet

    @property
    def open(self) -> bool:
        """Whether it accepted a connection."""
        return self.failure is None

    @property
    def unsure(self) -> bool:
        """Whether its silence may be loss."""
        return self.failure is Failure.INCONCLUSIVE


@dataclass(slots=True)
class EdgesResult:
    """All edges of one check."""

    context: ProbeContext
    step: Step
    roaming: EdgeResult
    edges: dict[str, EdgeResult] = field(default_factory=dict)
    opening: dict[str, "asyncio.Task[tuple[float | None, Failure | None]]"] = field(
        default_factory=dict
    )  # by address
    start: float = field(default_factory=now)


def summarize(sight: EdgesResult) -> dict[str, Any]:
    """The facts so far."""
    opened = [name for name, edge in sight.edges.items() if edge.open]
    shut = [name for name, edge in sight.edges.items() if not edge.open and not edge.unsure]
    refusing = [name for name in shut if sight.edges[name].failure in _REFUSALS]
    here = find_roaming_edge(sight)
    chosen = str(sight.step.params.get("chosen", ""))
    meant = here if chosen in {"", "roaming"} else chosen
    facts: dict[str, Any] = {
        "edges": {
            name: {"address": edge.address, "ms": edge.ms, "failure": edge.failure}
            for name, edge in sight.edges.items()
        },
        "open": opened,
        "shut": shut,
        "open_count": len(opened),
        "shut_count": len(shut),
        "all_refuse": 0 < len(refusing) == len(sight.edges),
        "others_open": [name for name in opened if name != meant],
        "barred": (barred := barred_edges(sight)),
        "barred_count": len(barred),
        "roaming_edge": here,
        "roaming_open": sight.roaming.open,
        "roaming_ms": sight.roaming.ms,
    }
    return facts | _allowance(sight.step, here) | _distance(sight, opened, facts["roaming_ms"])


def barred_edges(sight: EdgesResult) -> list[str]:
    """Edges that clients may use and whose names resolve, but that do not open: something on the path blocks them."""
    allowed = sight.step.params.get("allowed") or sight.edges
    return [
        name
        for name, edge in sight.edges.items()
        if edge.addresses and not edge.open and not edge.unsure and name in allowed
    ]


def _allowance(step: Step, here: str) -> dict[str, Any]:
    """Whether roaming selects an edge that this network allows; no fact until the edge is known."""
    allowed = step.params.get("allowed") or ()
    return {"roaming_allowed": not allowed or here in allowed} if here or not allowed else {}


def _distance(sight: EdgesResult, opened: list[str], roaming_ms: float | None) -> dict[str, Any]:
    """The nearest open edge, and how much slower the edge is that roaming selects."""
    times = {name: ms for name in opened if (ms := sight.edges[name].ms) is not None}
    if not times:
        return {}
    nearest = min(times, key=times.__getitem__)
    facts: dict[str, Any] = {"nearest_edge": nearest, "nearest_ms": times[nearest]}
    if roaming_ms is not None:
        facts["extra_ms"] = round(roaming_ms - times[nearest], 2)
        facts["extra_ratio"] = round(roaming_ms / max(times[nearest], 0.01), 2)
    return facts


def find_roaming_edge(sight: EdgesResult) -> str:
    """The edge that the roaming name resolves to, by address or CNAME; "" if it is not recognized."""
    for name, edge in sight.edges.items():
        shared = set(edge.addresses) & set(sight.roaming.addresses)
        if shared or edge.host in sight.roaming.cnames:
            return name
    return ""
