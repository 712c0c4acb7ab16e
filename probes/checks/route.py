"""Look whether this host has a way out: which routers answer to datagrams whose TTL runs out.

Unprivileged: the kernel hands ICMP to the socket that caused it (ip(7), IP_RECVERR).
"""

import asyncio
from typing import Final

from probes.checks.context import ProbeContext
from probes.net.addresses import family_of
from probes.net.sockets import open_udp, source_address
from probes.net.udp import UdpSocket
from probes.protocol.failures import Failure
from probes.protocol.model import Step

_HOPS: Final = (1, 2, 3)  # the gateway, and two that can only answer when the gateway passes things on
# Two rounds, as routers ration their ICMP; a first router that is going to answer does so by then.
_WAITS: Final = (0.1, 0.25)


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Send two datagrams a hop; silence is no failure, many routers keep it. No route at all is one."""
    host, port = step.target.host, step.target.port or 33434
    context.note(local_address=source_address(host), hops={}, gateway_answers=False, beyond_gateway=False)
    hops: dict[str, str] = {}
    with open_udp(family=family_of(host)) as sock:
        for wait in _WAITS:
            for hop in _HOPS:
                # The hop's number is in the port: routers need not quote more of a datagram than its header.
                sock.send(bytes(8), (host, port + hop), ttl=hop)
            try:
                async with asyncio.timeout(wait):
                    await _listen(sock, port, hops, context)
            except TimeoutError:
                continue
            return None
    return None


async def _listen(sock: UdpSocket, port: int, hops: dict[str, str], context: ProbeContext) -> None:
    """Note who answers, until somebody beyond the gateway has."""
    while not context.facts["beyond_gateway"]:
        arrival = await sock.receive()
        hop = arrival.peer[1] - port
        if hop not in _HOPS or arrival.icmp is None:
            continue
        if arrival.failure is not None and arrival.icmp_from != arrival.peer[0]:
            # Not "the TTL ran out here" but "I pass this on to nobody": from the gateway when the TTL was one,
            # else from no hop in particular, and from this host itself when the gateway is not there.
            context.note(icmp_from=arrival.icmp_from, icmp=arrival.failure)
            if hop > 1 or arrival.icmp_from == context.facts["local_address"]:
                continue
        hops[str(hop)] = arrival.icmp_from
        context.note(
            hops=dict(sorted(hops.items())),
            gateway_answers="1" in hops,
            beyond_gateway=bool(hops.keys() - {"1"}),
        )
