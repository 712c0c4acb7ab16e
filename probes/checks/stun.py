"""Check whether a STUN server answers over UDP, and which address of ours it reports."""

import socket
from typing import Final

from probes.checks.attempts import Flow, Repeated
from probes.checks.context import ProbeContext
from probes.checks.targets import address_of
from probes.net.clock import now
from probes.net.sockets import source_address
from probes.net.stun import TransportAddress
from probes.net.stun_client import PACE, StunAnswer, open_stun
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step

_ONCE: Final = (60.0,)  # one request per port, and the answer may come until the check ends
# The part of the budget for the attempts. The rest is a margin, so that the check itself ends in time.
_SHARE: Final = 0.96


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Send binding requests (RFC 8489) from ports below 10000; more than one port only where no answer comes.

    Facts: local, reflexive, ms, sent; icmp_from if an ICMP error rejected it.
    """
    begun = now()
    server = TransportAddress(await address_of(step, context), step.target.port)
    asked = 0

    async def ask() -> StunAnswer:
        """From the first port three requests, since a single ICMP error decides nothing; one from each other port."""
        nonlocal asked
        asked += 1
        return await _ask(server, context, first=asked == 1)

    flow = Flow("udp", server.host, server.port)
    try:
        answer = await Repeated(ask, flow, context, step.budget * _SHARE - (now() - begun)).run()
    except NetworkError as error:
        context.note(icmp_from=error.icmp_from)
        raise
    context.shared.controls.learn("udp", server.host, server.port, answer.ms / 1000)
    context.note(ms=answer.ms, sent=answer.sent, reflexive=str(answer.reflexive))
    return None


async def _ask(server: TransportAddress, context: ProbeContext, *, first: bool) -> StunAnswer:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    async with open_stun(family=family) as stun:
        if first:
            local = TransportAddress(source_address(*server), stun.sock.local[1])
            context.note(local=str(local))
        return await stun.ask(server, pace=PACE if first else _ONCE)
