"""Determine the mapping and filtering behavior of a NAT (RFC 4787), with the tests of RFC 5780.

Mapping needs a second address to ask: the server's own (OTHER-ADDRESS), another address of its name, or
another server from the parameter `servers`. Filtering needs OTHER-ADDRESS.
"""

import asyncio
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.targets import addresses_of
from probes.net.addresses import is_address, split_families
from probes.net.sockets import source_address
from probes.net.stun import TransportAddress
from probes.net.stun_client import CHANGE_ADDRESS_AND_PORT, CHANGE_PORT, StunAnswer, StunSocket, open_stun
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step

NONE: Final = "none"
ENDPOINT_INDEPENDENT: Final = "endpoint_independent"
ADDRESS_DEPENDENT: Final = "address_dependent"
ADDRESS_AND_PORT_DEPENDENT: Final = "address_and_port_dependent"
UNKNOWN: Final = "unknown"

# No answer is a result here, so it must be found quickly: three requests, then twice the time of the first
# answer, and at least a quarter of a second.
_RESEND: Final = (0.1, 0.1)
_LAST_WAIT: Final = 0.25
_MOST_SERVERS: Final = 4


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: mapping, filtering, port_preserved, reflexive (several addresses indicate a pool)."""
    context.note(mapping=UNKNOWN, filtering=UNKNOWN)
    servers = await _servers(step, context)
    if not servers:
        return Failure.NO_ADDRESS
    async with open_stun() as stun, open_stun() as fresh:
        first = await stun.ask(servers[0])
        local = TransportAddress(source_address(*servers[0]), stun.sock.local[1])
        context.note(port_preserved=first.reflexive.port == local.port, reflexive=[first.reflexive.host])
        async with asyncio.TaskGroup() as group:
            mapping = group.create_task(_note_mapping(stun, servers, first, local, context))
            if first.other:
                group.create_task(_note_filtering(fresh, servers[0], first.other, first.ms, context))
    return None if mapping.result() else Failure.NOT_SUPPORTED


async def _servers(step: Step, context: ProbeContext) -> list[TransportAddress]:
    """All IPv4 addresses to ask; NAT of IPv6 is not checked."""
    v4, _ = await addresses_of(step, context)
    servers = [TransportAddress(host, step.target.port) for host in v4]
    for more in step.params.get("servers", ()):
        host = str(more["host"])
        servers += [TransportAddress(address, int(more["port"])) for address in await _resolve(host, context)]
    return list(dict.fromkeys(servers))[:_MOST_SERVERS]


async def _resolve(host: str, context: ProbeContext) -> tuple[str, ...]:
    """The IPv4 addresses of a second server; empty if the lookup fails, as the first server may be enough."""
    if is_address(host):
        return split_families([host])[0]
    try:
        return (await context.shared.resolver.addresses(host))[0]
    except NetworkError:
        return ()


async def _note_mapping(
    stun: StunSocket,
    servers: list[TransportAddress],
    first: StunAnswer,
    local: TransportAddress,
    context: ProbeContext,
) -> bool:
    """Ask other addresses from the same port and compare; True if the mapping could be determined."""
    transport_address = first.reflexive
    if transport_address == local:
        context.note(mapping=NONE)
        return True
    if first.other:  # another address first, then another port there
        asked = [TransportAddress(first.other.host, servers[0].port), first.other]
    else:
        asked = [server for server in servers[1:] if server.host != servers[0].host]
    found = [answer.reflexive for answer in await _ask_all(stun, asked) if answer]
    context.note(reflexive=sorted({transport_address.host, *(address.host for address in found)}))
    mapping = judge_mapping(transport_address, found, bool(first.other))
    context.note(mapping=mapping)
    return mapping != UNKNOWN


def judge_mapping(first: TransportAddress, found: list[TransportAddress], same_host: bool) -> str:
    """The mapping, from our address as the *first* server saw it and as the others *found* it (RFC 5780 section 4.3).

    Without two ports of one address (*same_host*), a mapping that differs is at least address-dependent.
    """
    if not found:
        return UNKNOWN
    if all(address == first for address in found):
        return ENDPOINT_INDEPENDENT
    if same_host and len(found) == 2:
        return ADDRESS_DEPENDENT if found[0] == found[1] else ADDRESS_AND_PORT_DEPENDENT
    return ADDRESS_DEPENDENT


async def _ask_all(stun: StunSocket, servers: list[TransportAddress]) -> list[StunAnswer | None]:
    async def ask(server: TransportAddress) -> StunAnswer | None:
        try:
            return await stun.ask(server)
        except OSError:  # including no answer: this server proves nothing
            return None

    return list(await asyncio.gather(*(ask(server) for server in servers)))


async def _note_filtering(
    stun: StunSocket, server: TransportAddress, other: TransportAddress, ms: float, context: ProbeContext
) -> None:
    """Determine whether *other*, or another port of *server*, can reach a port that sent to *server* only."""
    pace = (*_RESEND, max(_LAST_WAIT, 2 * ms / 1000))

    async def hears(change: int, source: TransportAddress) -> bool | None:
        try:
            await stun.ask(server, change=change, source=source, pace=pace)
        except TimeoutError:
            return False
        except OSError:  # the server does not support it after all
            return None
        return True

    if (await _ask_all(stun, [server]))[0] is None:  # opens the return path, and shows that it is open
        return
    from_other, from_port = await asyncio.gather(
        hears(CHANGE_ADDRESS_AND_PORT, other), hears(CHANGE_PORT, TransportAddress(server.host, other.port))
    )
    if from_other is None or from_port is None:
        return
    dependent = ADDRESS_DEPENDENT if from_port else ADDRESS_AND_PORT_DEPENDENT
    context.note(filtering=ENDPOINT_INDEPENDENT if from_other else dependent)
