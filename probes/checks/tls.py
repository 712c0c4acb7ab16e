"""Check whether TLS is genuine: one handshake without verification, then judge the certificate chain."""

from datetime import UTC, datetime

from probes.checks.context import ProbeContext
from probes.checks.targets import address_of
from probes.net.clock import milliseconds_since, now
from probes.net.sockets import connect_tcp
from probes.net.tls_stream import TlsStream
from probes.protocol.failures import Failure
from probes.protocol.model import Step


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Complete a handshake, noting how far it got, and judge the certificates."""
    context.note(stage="connect")
    address = await address_of(step, context)
    context.note(address=address)
    start = now()
    sock = await connect_tcp(address, step.target.port)
    context.note(tcp_ms=milliseconds_since(start))
    with TlsStream(sock, step.target.host) as stream:
        context.note(stage=stream.stage, received=0)
        start = now()
        try:
            await stream.handshake()
        finally:
            context.note(stage=stream.stage, received=stream.received, alert=stream.alert)
        context.note(
            tls_ms=milliseconds_since(start), version=stream.version, cipher=stream.cipher, alpn=stream.alpn
        )
        return judge(step, context, stream.chain)


def judge(step: Step, context: ProbeContext, chain: tuple[bytes, ...]) -> Failure | None:
    """Judge *chain* for the step's host at the current time, and note its facts."""
    judgement = context.shared.trust.judge(chain, step.target.host, datetime.now(UTC))
    context.note(authority=judgement.authority, **judgement.facts)
    if judgement.skew_s is not None:
        context.note(skew_s=round(judgement.skew_s))
    return judgement.failure
