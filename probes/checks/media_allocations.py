"""Get the TURN allocations for the media check: the first over the best transport, the others over the same."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.checks.media_egress import Egress
from probes.checks.targets import addresses_of, ipv4_or_translated
from probes.net.stun import TransportAddress
from probes.net.turn import Allocation, TurnClient, open_allocation
from probes.net.turn_session import Credentials, TurnRefused, TurnSession
from probes.net.turn_transport import TurnEndpoint
from probes.protocol.failures import Failure, NetworkError, classify
from probes.protocol.frozen import frozen
from probes.protocol.model import Step, Target

# Streams lose no packets and can report what a firewall does to UDP. If a UDP endpoint is first, streams get
# this many more seconds: enough for a TLS handshake over a typical path.
_STREAM_GRACE: Final = 0.15
# Seconds that one endpoint alone is tried: TCP if there is one, since streams over it need the fewest packets.
_HEAD_START: Final = 0.15
_ORDER: Final = ("tcp", "tls", "udp")
_ADDRESSES: Final = 2  # per server and transport
_STUN_PORT: Final = 3478

Held = tuple[TurnClient, Allocation]


@frozen
class Control:
    """The first allocation, and the endpoint that gave it."""

    endpoint: TurnEndpoint
    held: Held


async def endpoints_of(step: Step, context: ProbeContext) -> list[TurnEndpoint]:
    """All TURN endpoints that the step names; names that do not resolve are left out."""
    ways = await asyncio.gather(*(_addresses(step, way, context) for way in step.params.get("turn", ())))
    endpoints = [
        TurnEndpoint(str(way["host"]), address, int(way["port"]), str(way.get("transport", "udp")))
        for way, addresses in zip(step.params.get("turn", ()), ways, strict=True)
        for address in addresses[:_ADDRESSES]
    ]
    return list(dict.fromkeys(endpoints))


async def _addresses(step: Step, way: Mapping[str, Any], context: ProbeContext) -> tuple[str, ...]:
    """IPv4 addresses, as relayed addresses and our permissions are IPv4; on a host without IPv4 those of NAT64."""
    part = Step(
        step.id, step.probe, Target("turn", str(way["host"]), int(way["port"])), step.budget, params=way
    )
    try:
        return await ipv4_or_translated(await addresses_of(part, context), context)
    except NetworkError:
        return ()


async def first_allocation(
    stack: AsyncExitStack,
    endpoints: Sequence[TurnEndpoint],
    credentials: Credentials,
    egress: Egress,
    context: ProbeContext,
) -> Control | Failure:
    """Try one of *endpoints*, then all in parallel; the first allocation wins, if it is a stream or no stream follows.

    Allocations stay open until *stack* is closed, and add our mapped address to *egress*. Without an
    allocation, returns the most informative failure: no credentials, then a refusal, then inconclusive.
    """
    failures: dict[str, str] = {}
    won: list[Control] = []

    async def attempt(endpoint: TurnEndpoint, ahead: asyncio.Task[None] | None = None) -> None:
        if ahead is not None:
            await asyncio.wait({ahead}, timeout=_HEAD_START)
        session = TurnSession(credentials)
        try:
            held = await stack.enter_async_context(open_allocation(endpoint, session))
        except TurnRefused as refused:
            failures[str(endpoint)] = refused.failure.value
        except (OSError, EOFError) as error:
            failures[str(endpoint)] = classify(error).value
        else:
            won.append(Control(endpoint, held))
            if held[1].mapped:
                egress.learn(held[1].mapped.host)
        finally:
            context.note(reached=session.answered or context.facts.get("reached", False))

    tasks: dict[asyncio.Task[None], TurnEndpoint] = {}
    ahead = None
    for endpoint in sorted(endpoints, key=lambda endpoint: _ORDER.index(endpoint.transport)):
        task = asyncio.create_task(attempt(endpoint, ahead))
        tasks[task] = endpoint
        ahead = ahead or task
    try:
        await _race(tasks, won, failures)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        context.note(turn_failures=dict(failures))
    return _best(won) or _word(failures)


async def _race(
    tasks: Mapping[asyncio.Task[None], TurnEndpoint], won: Sequence[Control], failures: Mapping[str, str]
) -> None:
    """Wait until a stream has an allocation, or there is nothing left to wait for."""
    pending = set(tasks)
    while pending and not (won and _is_stream(won[0].endpoint)):
        grace = _STREAM_GRACE if won else None
        done, pending = await asyncio.wait(pending, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if Failure.NO_CREDENTIALS in failures.values() or any(
            _is_stream(control.endpoint) for control in won
        ):
            return
        if won and (not done or not any(_is_stream(tasks[task]) for task in pending)):
            return


def _is_stream(endpoint: TurnEndpoint) -> bool:
    return endpoint.transport != "udp"


def _best(won: Sequence[Control]) -> Control | None:
    streams = [control for control in won if _is_stream(control.endpoint)]
    return next(iter([*streams, *won]), None)


def _word(failures: Mapping[str, str]) -> Failure:
    words = [Failure(word) for word in failures.values()]
    refusals = [word for word in words if word.startswith("turn_")]
    if Failure.NO_CREDENTIALS in words:
        return Failure.NO_CREDENTIALS
    return next(iter(refusals), Failure.INCONCLUSIVE)


def stun_server(control: TurnEndpoint, endpoints: Sequence[TurnEndpoint]) -> tuple[TransportAddress, bool]:
    """The STUN server to ask for our UDP address, and whether it is known to listen.

    Prefers the host of the control channel, since a NAT may choose our address by destination.
    """
    datagrams = [endpoint for endpoint in endpoints if not _is_stream(endpoint)]
    same = [endpoint for endpoint in datagrams if endpoint.address == control.address]
    for endpoint in (*same, *datagrams):
        return TransportAddress(endpoint.address, endpoint.port), True
    return TransportAddress(control.address, _STUN_PORT), False
