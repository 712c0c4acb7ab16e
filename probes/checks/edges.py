"""Check all edges in parallel: which are open, their round-trip times, and which one roaming selects."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from probes.checks.attempts import Flow, Repeated, open_tcp
from probes.checks.context import ProbeContext
from probes.checks.refusals import find_early
from probes.checks.targets import usable
from probes.net.addresses import split_families
from probes.net.clock import milliseconds_since, now
from probes.protocol.failures import Failure, NetworkError, classify
from probes.protocol.model import Step

# The part of the budget after which edges that are still silent have failed. The rest is a margin, so that the
# check itself ends in time and does not fail for the edges that answered.
_SHARE: Final = 0.88
_REFUSALS: Final = frozenset({Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET})


@dataclass(slots=True)
class _Edge:
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
        return self.failure is None

    @property
    def unsure(self) -> bool:
        """Whether its silence may be loss."""
        return self.failure is Failure.INCONCLUSIVE


@dataclass(slots=True)
class _Sight:
    """All edges of one check."""

    context: ProbeContext
    step: Step
    roaming: _Edge
    edges: dict[str, _Edge] = field(default_factory=dict)
    opening: dict[str, "asyncio.Task[tuple[float | None, Failure | None]]"] = field(
        default_factory=dict
    )  # by address
    start: float = field(default_factory=now)


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Resolve and connect to each of `hosts` and to the roaming host; a DNS failure if no name resolves.

    Each edge has its own failure in the facts. Where the silence of edges may be loss, and that decides whether any
    edge is open or blocked, the check is inconclusive.
    """
    hosts = {edge: host for edge, host in step.params.get("hosts", {}).items() if host != step.target.host}
    sight = _Sight(
        context, step, _Edge(step.target.host), {edge: _Edge(host) for edge, host in hosts.items()}
    )
    context.note(**_summary(sight))
    everything = (sight.roaming, *sight.edges.values())
    with suppress(TimeoutError):
        async with asyncio.timeout(step.budget * _SHARE), asyncio.TaskGroup() as group:
            for edge in everything:
                group.create_task(_see(sight, edge, group))
    if context.facts["all_refuse"]:
        await _note_early(sight)
    if not any(edge.addresses for edge in everything):
        return sight.roaming.failure
    return Failure.INCONCLUSIVE if _may_be_loss(sight) else None


def _may_be_loss(sight: _Sight) -> bool:
    """Whether an edge that is silent, perhaps by loss, would change what the facts say of all of them."""
    edges = sight.edges.values()
    return any(edge.unsure for edge in edges) and not (_barred(sight) and any(edge.open for edge in edges))


async def _see(sight: _Sight, edge: _Edge, group: asyncio.TaskGroup) -> None:
    try:
        await _resolve(sight, edge)
        v4, v6 = await usable(*split_families(edge.addresses), sight.context)
        edge.address = (v4 or v6)[0]
        if edge.address not in sight.opening:
            sight.opening[edge.address] = group.create_task(_open(sight, edge.address))
        ms, edge.failure = await sight.opening[edge.address]
        edge.ms, edge.refused_ms = (ms, None) if edge.failure is None else (None, ms)
    except OSError as error:
        edge.failure = classify(error)
    sight.context.note(**_summary(sight))


async def _open(sight: _Sight, address: str) -> tuple[float | None, Failure | None]:
    """Connect to *address*: milliseconds, and the failure. The roaming name leads to an edge, which is tried once."""
    flow = Flow("tcp", address, sight.step.target.port)
    limit = sight.step.budget * _SHARE - (now() - sight.start)
    failed_ms: list[float] = []

    async def attempt() -> float:
        begun = now()
        try:
            return await open_tcp(flow, sight.context)
        except OSError:
            failed_ms.append(milliseconds_since(begun))
            raise

    try:
        return await Repeated(attempt, flow, sight.context, limit).run(), None
    except OSError as error:
        return min(failed_ms, default=None), classify(error)


async def _note_early(sight: _Sight) -> None:
    """Where every edge refuses: whether a refusal came sooner than the edge itself could answer."""
    refused = {name: ms for name, edge in sight.edges.items() if (ms := edge.refused_ms) is not None}
    early = await find_early(refused, sight.step.params.get("turn_servers", {}), sight.context)
    sight.context.note(refused_early=early is not None)
    if early:
        sight.context.note(early_edge=early.edge, early_ms=early.refused_ms, turn_ms=early.turn_ms)


async def _resolve(sight: _Sight, edge: _Edge) -> None:
    pinned = sight.step.params.get("addresses") or {}
    if edge.host in pinned:
        edge.addresses = tuple(pinned[edge.host])
    else:
        lookup = await sight.context.shared.resolver.look_up(edge.host)
        if lookup.failure is not None:
            raise NetworkError(lookup.failure)
        edge.addresses, edge.cnames = (*lookup.addresses, *lookup.addresses6), lookup.cnames
    if not edge.addresses:
        raise NetworkError(Failure.NO_ADDRESS)


def _summary(sight: _Sight) -> dict[str, Any]:
    """The facts so far."""
    opened = [name for name, edge in sight.edges.items() if edge.open]
    shut = [name for name, edge in sight.edges.items() if not edge.open and not edge.unsure]
    refusing = [name for name in shut if sight.edges[name].failure in _REFUSALS]
    here = _roaming_edge(sight)
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
        "barred": (barred := _barred(sight)),
        "barred_count": len(barred),
        "roaming_edge": here,
        "roaming_open": sight.roaming.open,
        "roaming_ms": sight.roaming.ms,
    }
    return facts | _allowance(sight.step, here) | _distance(sight, opened, facts["roaming_ms"])


def _barred(sight: _Sight) -> list[str]:
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


def _distance(sight: _Sight, opened: list[str], roaming_ms: float | None) -> dict[str, Any]:
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


def _roaming_edge(sight: _Sight) -> str:
    """The edge that the roaming name resolves to, by address or CNAME; "" if it is not recognized."""
    for name, edge in sight.edges.items():
        shared = set(edge.addresses) & set(sight.roaming.addresses)
        if shared or edge.host in sight.roaming.cnames:
            return name
    return ""
