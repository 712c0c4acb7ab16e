"""Check all edges in parallel: which are open, their round-trip times, and which one roaming selects."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.net.addresses import split_families
from probes.net.clock import milliseconds_since, now
from probes.net.sockets import connect_tcp
from probes.protocol.failures import Failure, NetworkError, classify
from probes.protocol.model import Step

# Seconds until a second connection is started if the first is silent. With the kernel's resend after one
# second, four packets or their answers must be lost within the budget before an open edge counts as blocked.
_AGAIN: Final = 0.6
# The part of the budget after which edges that are still silent have failed. The rest is a margin, so that the
# check itself ends in time and does not fail for the edges that answered.
_SHARE: Final = 0.88


@dataclass(slots=True)
class _Edge:
    """One edge, or the roaming name, with what is known so far."""

    host: str
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()
    address: str = ""
    ms: float | None = None
    failure: Failure | None = Failure.GENERIC_TIMEOUT_ERROR  # no answer yet

    @property
    def open(self) -> bool:
        return self.failure is None


@dataclass(slots=True)
class _Sight:
    """All edges of one check."""

    context: ProbeContext
    step: Step
    roaming: _Edge
    edges: dict[str, _Edge] = field(default_factory=dict)


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Resolve and connect to each of `hosts` and to the roaming host; a DNS failure if no name resolves.

    Each edge has its own failure in the facts. An edge that is silent until the time is up has timed out.
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
                group.create_task(_see(sight, edge))
    return None if any(edge.addresses for edge in everything) else sight.roaming.failure


async def _see(sight: _Sight, edge: _Edge) -> None:
    try:
        await _resolve(sight, edge)
        v4, v6 = split_families(edge.addresses)
        edge.address = (v4 or v6)[0]
        edge.ms, edge.failure = await _open(edge, sight.step), None
        sight.context.note(**_summary(sight))
        # The better of two: the first also includes the neighbor and route lookups.
        with suppress(OSError):
            edge.ms = min(edge.ms, await _connect(edge, sight.step))
    except OSError as error:
        edge.failure = classify(error)
    sight.context.note(**_summary(sight))


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


async def _open(edge: _Edge, step: Step) -> float:
    """Milliseconds until a connection opens. Tries a second one if the first gets no answer; a refusal is an answer."""
    tries = {asyncio.create_task(_connect(edge, step))}
    try:
        done, _ = await asyncio.wait(tries, timeout=_AGAIN)
        if not done:
            tries.add(asyncio.create_task(_connect(edge, step)))
            done, _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
        return min([task.result() for task in done])
    finally:
        for attempt in tries:
            attempt.cancel()
        await asyncio.gather(*tries, return_exceptions=True)


async def _connect(edge: _Edge, step: Step) -> float:
    start = now()
    (await connect_tcp(edge.address, step.target.port)).close()
    return milliseconds_since(start)


def _summary(sight: _Sight) -> dict[str, Any]:
    """The facts so far."""
    opened = [name for name, edge in sight.edges.items() if edge.open]
    here = _roaming_edge(sight)
    chosen = str(sight.step.params.get("chosen", ""))
    meant = here if chosen in {"", "roaming"} else chosen
    facts: dict[str, Any] = {
        "edges": {
            name: {"address": edge.address, "ms": edge.ms, "failure": edge.failure}
            for name, edge in sight.edges.items()
        },
        "open": opened,
        "shut": [name for name, edge in sight.edges.items() if not edge.open],
        "open_count": len(opened),
        "shut_count": len(sight.edges) - len(opened),
        "others_open": [name for name in opened if name != meant],
        "barred": (barred := _barred(sight)),
        "barred_count": len(barred),
        "roaming_edge": here,
        "roaming_open": sight.roaming.open,
        "roaming_ms": _roaming_ms(sight, here),
    }
    return facts | _allowance(sight.step, here) | _distance(sight, opened, facts["roaming_ms"])


def _barred(sight: _Sight) -> list[str]:
    """Edges that clients may use and whose names resolve, but that do not open: something on the path blocks them."""
    allowed = sight.step.params.get("allowed") or sight.edges
    return [
        name for name, edge in sight.edges.items() if edge.addresses and not edge.open and name in allowed
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


def _roaming_ms(sight: _Sight, here: str) -> float | None:
    """Round-trip time to the roaming address; the better one if its edge was measured at the same address."""
    same = sight.edges.get(here)
    times = [sight.roaming.ms, same.ms if same and same.address == sight.roaming.address else None]
    return min((ms for ms in times if ms is not None), default=None)
