"""Check whether TCP connects: all addresses of the host in parallel, each with its own result."""

import asyncio
from typing import Any, Final

from probes.checks.attempts import Flow, Repeated, open_tcp
from probes.checks.context import ProbeContext
from probes.checks.targets import addresses_of
from probes.net.clock import milliseconds_since, now
from probes.net.sockets import has_route
from probes.protocol.failures import Failure, classify
from probes.protocol.model import Step

_MOST: Final = 4  # addresses per family; more of a pool add nothing
_UNSURE: Final = Failure.INCONCLUSIVE
# The part of the budget for the attempts. The rest is a margin, so that the check itself ends in time.
_SHARE: Final = 0.96


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Open one connection to each address; success if an IPv4 address opens, or an IPv6 one if there is no IPv4."""
    start = now()
    v4, v6 = await addresses_of(step, context)
    routed6 = [address for address in v6[:_MOST] if has_route(address)]
    addresses = (*v4[:_MOST], *(routed6 if v4 else v6[:_MOST]))
    if not addresses:
        return Failure.NO_ADDRESS
    # Each address starts as unknown, because the budget may end before it answers.
    tried: dict[str, dict[str, Any]] = {
        address: {"address": address, "ms": None, "failure": _UNSURE, "icmp_from": ""}
        for address in addresses
    }
    _note(context, tried)
    async with asyncio.TaskGroup() as group:
        for address in addresses:
            flow = Flow("tcp", address, step.target.port)
            group.create_task(_connect(flow, context, tried, step.budget * _SHARE - (now() - start)))
    return _verdict(tried, v4[:_MOST])


async def _connect(flow: Flow, context: ProbeContext, tried: dict[str, dict[str, Any]], limit: float) -> None:
    address = flow.address
    failure, icmp_from, ms = None, "", None
    start = now()
    try:
        ms = await Repeated(lambda: open_tcp(flow, context), flow, context, limit).run()
    except OSError as error:
        failure, icmp_from = classify(error), getattr(error, "icmp_from", "")
        ms = milliseconds_since(start)
    tried[address] = {"address": address, "ms": ms, "failure": failure, "icmp_from": icmp_from}
    if failure is None and "address" not in context.facts:
        context.note(address=address, ms=ms)
    if icmp_from and "icmp_from" not in context.facts:
        context.note(icmp_from=icmp_from)
    _note(context, tried)


def _note(context: ProbeContext, tried: dict[str, dict[str, Any]]) -> None:
    """Count the addresses by family; one whose silence may be loss counts as neither."""
    known = {address: entry["failure"] for address, entry in tried.items() if entry["failure"] is not _UNSURE}
    v4 = [failure is None for address, failure in known.items() if ":" not in address]
    v6 = [failure is None for address, failure in known.items() if ":" in address]
    context.note(
        tried=[dict(entry) for entry in tried.values()],
        open=sum(v4),
        shut=len(v4) - sum(v4),
        open6=sum(v6),
        shut6=len(v6) - sum(v6),
    )


def _verdict(tried: dict[str, dict[str, Any]], v4: tuple[str, ...]) -> Failure | None:
    outcomes = [entry["failure"] for address, entry in tried.items() if not v4 or address in v4]
    if None in outcomes:
        return None
    return _UNSURE if _UNSURE in outcomes else Failure(outcomes[0])
