"""Check whether this host has internet access: which routers answer datagrams whose TTL expires.

Unprivileged: the kernel delivers ICMP to the socket that caused it (ip(7), IP_RECVERR).
"""

import asyncio
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.targets import translate
from probes.net.addresses import family_of
from probes.net.sockets import open_udp, source_address
from probes.net.udp import UdpSocket
from probes.protocol.failures import Failure
from probes.protocol.model import Step

_HOPS: Final = (1, 2, 3)  # the gateway, and two that can answer only if the gateway forwards
# Two rounds, because routers limit their ICMP. A first router that answers at all does so by then.
_WAITS: Final = (0.1, 0.25)


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Send two datagrams per hop. No answer is not a failure, since many routers send none; no route is a failure."""
    host, port = await translate(step.target.host, context), step.target.port or 33434
    context.note(local_address=source_address(host), hops={}, gateway_answers=False, beyond_gateway=False)
    hops: dict[str, str] = {}
    with open_udp(family=family_of(host)) as sock:
        for wait in _WAITS:
            for hop in _HOPS:
                # The hop's number is in the port: routers need not quote more of a datagram than its header.
                sock.send(bytes(8), (host, port + hop), ttl=hop)
            try:
                async with asyncio.timeout(wait):
                    await _listen(sock, (host, port), hops, context)
            except TimeoutError:
                continue
            return None
    return None


async def _listen(
    sock: UdpSocket, towards: tuple[str, int], hops: dict[str, str], context: ProbeContext
) -> None:
    """Note who answers, until a hop beyond the gateway does."""
    host, port = towards
    while not context.facts["beyond_gateway"]:
        arrival = await sock.receive()
        hop = arrival.peer[1] - port
        if arrival.peer[0] != host or hop not in _HOPS or arrival.icmp is None:
            continue
        if arrival.failure is not None and arrival.icmp_from != arrival.peer[0]:
            # Not "TTL expired" but "not forwarded": from the gateway if the TTL was one, else from no
            # particular hop, and from this host itself if the gateway is missing.
            context.note(icmp_from=arrival.icmp_from, icmp=arrival.failure)
            if hop > 1 or arrival.icmp_from == context.facts["local_address"]:
                continue
        hops[str(hop)] = arrival.icmp_from
        context.note(
            hops=dict(sorted(hops.items())),
            gateway_answers="1" in hops,
            beyond_gateway=bool(hops.keys() - {"1"}),
        )
