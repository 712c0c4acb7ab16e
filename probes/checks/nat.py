"""Determine the mapping and filtering behavior of a NAT (RFC 4787), with the tests of RFC 5780.

Mapping needs a second address to ask: the server's own (OTHER-ADDRESS), another address of its name, or
another server from the parameter `servers`. Filtering needs OTHER-ADDRESS.
"""

import asyncio
from contextlib import suppress
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.targets import addresses_of, ipv4_or_translated, translate, usable
from probes.net.addresses import family_of, is_address, split_families
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
# The result matters only where media is lost. Seconds to wait for the first sign of it: most healthy runs end before.
_HEAD_START: Final = 0.6


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: mapping, filtering, port_preserved, reflexive (several addresses indicate a pool)."""
    context.note(mapping=UNKNOWN, filtering=UNKNOWN)
    with suppress(TimeoutError):
        async with asyncio.timeout(_HEAD_START):
            await context.shared.silence.wait()
    servers = await _servers(step, context)
    if not servers:
        return Failure.NO_ADDRESS
    family = family_of(servers[0].host)
    async with open_stun(family=family) as stun, open_stun(family=family) as fresh:
        first = await stun.ask(servers[0])
        other = first.other and first.other._replace(host=await translate(first.other.host, context))
        local = TransportAddress(source_address(*servers[0]), stun.sock.local[1])
        context.note(port_preserved=first.reflexive.port == local.port, reflexive=[first.reflexive.host])
        async with asyncio.TaskGroup() as group:
            mapping = group.create_task(_note_mapping(stun, servers, (first, other), local, context))
            if other:
                group.create_task(_note_filtering(fresh, servers[0], other, first.ms, context))
    return None if mapping.result() else Failure.NOT_SUPPORTED


async def _servers(step: Step, context: ProbeContext) -> list[TransportAddress]:
    """All addresses to ask: IPv4, or those of NAT64 on a host without IPv4. NAT of IPv6 itself is not checked."""
    hosts = await ipv4_or_translated(await addresses_of(step, context), context)
    servers = [TransportAddress(host, step.target.port) for host in hosts]
    for more in step.params.get("servers", ()):
        host = str(more["host"])
        servers += [TransportAddress(address, int(more["port"])) for address in await _resolve(host, context)]
    return list(dict.fromkeys(servers))[:_MOST_SERVERS]


async def _resolve(host: str, context: ProbeContext) -> tuple[str, ...]:
    """The addresses of a second server; empty if the lookup fails, as the first server may be enough."""
    try:
        known = split_families([host]) if is_address(host) else await context.shared.resolver.addresses(host)
        return await ipv4_or_translated(await usable(*known, context), context)
    except NetworkError:
        return ()


async def _note_mapping(
    stun: StunSocket,
    servers: list[TransportAddress],
    answered: tuple[StunAnswer, TransportAddress | None],  # with its server's other address
    local: TransportAddress,
    context: ProbeContext,
) -> bool:
    """Ask other addresses from the same port and compare; True if the mapping could be determined."""
    first, other = answered
    transport_address = first.reflexive
    if transport_address == local:
        context.note(mapping=NONE)
        return True
    if other:  # another address first, then another port there
        asked = [TransportAddress(other.host, servers[0].port), other]
    else:
        asked = [server for server in servers[1:] if server.host != servers[0].host]
    found = [answer.reflexive for answer in await _ask_all(stun, asked) if answer]
    context.note(reflexive=sorted({transport_address.host, *(address.host for address in found)}))
    mapping = judge_mapping(transport_address, found, bool(other))
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
