"""Check all edges in parallel: which are open, their round-trip times, and which one roaming selects."""

import asyncio
from contextlib import suppress
from math import comb
from typing import Final

from probes.checks.attempts import Flow, Repeated, open_tcp
from probes.checks.context import ProbeContext
from probes.checks.edge_facts import EdgeResult, EdgesResult, barred_edges, find_roaming_edge, summarize
from probes.checks.refusals import find_early
from probes.checks.targets import usable
from probes.net.addresses import split_families
from probes.net.clock import milliseconds_since, now
from probes.protocol.failures import Failure, NetworkError, classify
from probes.protocol.model import Step

# The part of the budget after which edges that are still silent have failed. The rest is a margin, so that the
# check itself ends in time and does not fail for the edges that answered.
_SHARE: Final = 0.88
# Where roaming leads to an edge that seems far, both are timed again: the round trip of one packet may be jitter.
_AGAIN: Final = 5  # connections to each of the two that open
_AGAIN_MOST: Final = 10  # connections to each of the two that are begun, if some are lost
_AGAIN_GAP: Final = 0.12  # seconds until the next two are begun, if the last ones have not opened
_AGAIN_LIMIT: Final = 1.2  # seconds
_RESENT_MS: Final = 950.0  # a SYN of theirs was lost: the time says nothing
# Jitter alone makes all of 5 round trips longer than 5 others once in comb(10, 5) = 252 times. It does more often where
# fewer were measured.
_CHANCE: Final = 1 / 250
_END: Final = 0.96  # the part of the budget by which that has ended
_FAR_MS, _FAR_RATIO = 30.0, 1.5  # as in knowledge/questions/roaming-fit.yaml


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Resolve and connect to each of `hosts` and to the roaming host; a DNS failure if no name resolves.

    Each edge has its own failure in the facts. Where the silence of edges may be loss, and that decides whether any
    edge is open or blocked, the check is inconclusive.
    """
    hosts = {edge: host for edge, host in step.params.get("hosts", {}).items() if host != step.target.host}
    sight = EdgesResult(
        context, step, EdgeResult(step.target.host), {edge: EdgeResult(host) for edge, host in hosts.items()}
    )
    context.note(**summarize(sight))
    everything = (sight.roaming, *sight.edges.values())
    with suppress(TimeoutError):
        async with asyncio.timeout(step.budget * _SHARE), asyncio.TaskGroup() as group:
            for edge in everything:
                group.create_task(_see(sight, edge, group))
    if context.facts["all_refuse"]:
        await _note_early(sight)
    await _time_again(sight)
    if not any(edge.addresses for edge in everything):
        return sight.roaming.failure
    return Failure.INCONCLUSIVE if _may_be_loss(sight) else None


def _may_be_loss(sight: EdgesResult) -> bool:
    """Whether an edge that is silent, perhaps by loss, would change what the facts say of all of them."""
    edges = sight.edges.values()
    return any(edge.unsure for edge in edges) and not (
        barred_edges(sight) and any(edge.open for edge in edges)
    )


async def _see(sight: EdgesResult, edge: EdgeResult, group: asyncio.TaskGroup) -> None:
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
    sight.context.note(**summarize(sight))


async def _open(sight: EdgesResult, address: str) -> tuple[float | None, Failure | None]:
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


async def _time_again(sight: EdgesResult) -> None:
    """If roaming's edge seems far, time it and the nearest one again: it is far only if always slower."""
    here, facts = sight.edges.get(find_roaming_edge(sight)), sight.context.facts
    nearest = sight.edges.get(str(facts.get("nearest_edge", "")))
    seems_far = facts.get("extra_ms", 0.0) > _FAR_MS and facts.get("extra_ratio", 0.0) > _FAR_RATIO
    left = sight.step.budget * _END - (now() - sight.start)
    if not (seems_far and here and nearest and sight.roaming.address):
        return
    times = await _more_times(sight, (sight.roaming.address, nearest.address), min(_AGAIN_LIMIT, left))
    slow, quick = times[sight.roaming.address], times[nearest.address]
    sight.roaming.ms = here.ms = min(filter(None, (sight.roaming.ms, *slow)))
    nearest.ms = min(filter(None, (nearest.ms, *quick)))
    sight.context.note(**summarize(sight))
    # The first round trips do not count here: only because they differed, there are others.
    if not (slow and quick and min(slow) > max(quick) and 1 / comb(len(slow + quick), len(slow)) <= _CHANCE):
        sight.context.note(extra_ms=0.0, extra_ratio=1.0)


async def _more_times(sight: EdgesResult, addresses: tuple[str, str], limit: float) -> dict[str, list[float]]:
    """Milliseconds of new connections to both *addresses*, side by side, so that what delays one delays the other."""
    port, times = sight.step.target.port, dict[str, list[float]]((address, []) for address in addresses)

    async def time(address: str) -> None:
        with suppress(OSError):
            ms = await open_tcp(Flow("tcp", address, port), sight.context)
            if ms < _RESENT_MS and len(times[address]) < _AGAIN:
                times[address].append(ms)

    tasks: list[asyncio.Task[None]] = []
    try:
        async with asyncio.timeout(max(0.0, limit)):
            while len(tasks) < 2 * _AGAIN_MOST and min(map(len, times.values())) < _AGAIN:
                tasks += (pair := [asyncio.create_task(time(address)) for address in addresses])
                await asyncio.wait(pair, timeout=_AGAIN_GAP)
            while min(map(len, times.values())) < _AGAIN and (waiting := [t for t in tasks if not t.done()]):
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        pass
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return times


async def _note_early(sight: EdgesResult) -> None:
    """Where every edge refuses: whether a refusal came sooner than the edge itself could answer."""
    refused = {name: ms for name, edge in sight.edges.items() if (ms := edge.refused_ms) is not None}
    early = await find_early(refused, sight.step.params.get("turn_servers", {}), sight.context)
    sight.context.note(refused_early=early is not None)
    if early:
        sight.context.note(early_edge=early.edge, early_ms=early.refused_ms, turn_ms=early.turn_ms)


async def _resolve(sight: EdgesResult, edge: EdgeResult) -> None:
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
