"""Check whether TCP connects: all addresses of the host in parallel, each with its own result."""

import asyncio
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.checks.targets import addresses_of
from probes.net.clock import milliseconds_since, now
from probes.net.sockets import connect_tcp, has_route
from probes.protocol.failures import Failure, classify
from probes.protocol.model import Step

_MOST: Final = 4  # addresses per family; more of a pool add nothing
# Seconds that the others get after one address opens: a lost SYN is sent again after one second.
_OTHERS: Final = 1.2


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Open one connection to each address; success if an IPv4 address opens, or an IPv6 one if there is no IPv4."""
    v4, v6 = await addresses_of(step, context)
    routed6 = [address for address in v6[:_MOST] if has_route(address)]
    addresses = (*v4[:_MOST], *(routed6 if v4 else v6[:_MOST]))
    if not addresses:
        return Failure.NO_ADDRESS
    # Each address starts as a timeout, because the budget may end before it answers.
    tried: dict[str, dict[str, Any]] = {
        address: {"address": address, "ms": None, "failure": Failure.GENERIC_TIMEOUT_ERROR, "icmp_from": ""}
        for address in addresses
    }
    _note(context, tried)
    async with asyncio.TaskGroup() as group:
        tries = [
            group.create_task(_connect(context, tried, address, step.target.port)) for address in addresses
        ]
        await _until_known(set(tries), context)
    return _verdict(tried, v4[:_MOST])


async def _until_known(waiting: "set[asyncio.Task[None]]", context: ProbeContext) -> None:
    """Wait for every attempt; once one is open, wait for the others only as long as a SYN takes to be sent again."""
    while waiting and "address" not in context.facts:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if waiting:
        _, waiting = await asyncio.wait(waiting, timeout=_OTHERS)
    for late in waiting:
        late.cancel()


async def _connect(context: ProbeContext, tried: dict[str, dict[str, Any]], address: str, port: int) -> None:
    start = now()
    failure, icmp_from = None, ""
    try:
        (await connect_tcp(address, port)).close()
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
    v4 = [entry["failure"] is None for address, entry in tried.items() if ":" not in address]
    v6 = [entry["failure"] is None for address, entry in tried.items() if ":" in address]
    context.note(
        tried=[dict(entry) for entry in tried.values()],
        open=sum(v4),
        shut=len(v4) - sum(v4),
        open6=sum(v6),
        shut6=len(v6) - sum(v6),
    )


def _verdict(tried: dict[str, dict[str, Any]], v4: tuple[str, ...]) -> Failure | None:
    outcomes = [entry["failure"] for address, entry in tried.items() if not v4 or address in v4]
    return None if None in outcomes else Failure(outcomes[0])
