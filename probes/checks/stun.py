"""Check whether a STUN server answers over UDP, and which address of ours it reports."""

import socket

from probes.checks.context import ProbeContext
from probes.checks.targets import address_of
from probes.net.sockets import source_address
from probes.net.stun import TransportAddress
from probes.net.stun_client import open_stun
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Send one binding request (RFC 8489) from a port below 10000.

    Facts: local, reflexive, ms, sent; icmp_from if an ICMP error rejected it.
    """
    server = TransportAddress(await address_of(step, context), step.target.port)
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    async with open_stun(family=family) as stun:
        local = TransportAddress(source_address(*server), stun.sock.local[1])
        context.note(local=str(local))
        try:
            answer = await stun.ask(server)
        except NetworkError as error:
            context.note(icmp_from=error.icmp_from)
            raise
        context.note(ms=answer.ms, sent=answer.sent, reflexive=str(answer.reflexive))
    return None
