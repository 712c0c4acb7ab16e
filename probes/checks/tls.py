"""Look whether TLS is genuine: one handshake without verification, its chain judged afterwards."""

from datetime import UTC, datetime

from probes.checks.context import Look
from probes.checks.targets import address_of
from probes.net.clock import milliseconds_since, now
from probes.net.sockets import connect_tcp
from probes.net.tls_stream import TlsStream
from probes.protocol.failures import Failure
from probes.protocol.model import Step


async def probe(step: Step, look: Look) -> Failure | None:
    """Shake hands, keeping count of how far it went, and judge the certificates."""
    look.note(stage="connect")
    address = await address_of(step, look)
    look.note(address=address)
    start = now()
    sock = await connect_tcp(address, step.target.port)
    look.note(tcp_ms=milliseconds_since(start))
    with TlsStream(sock, step.target.host) as stream:
        look.note(stage=stream.stage, received=0)
        start = now()
        try:
            await stream.handshake()
        finally:
            look.note(stage=stream.stage, received=stream.received, alert=stream.alert)
        look.note(
            tls_ms=milliseconds_since(start), version=stream.version, cipher=stream.cipher, alpn=stream.alpn
        )
        return judge(step, look, stream.chain)


def judge(step: Step, look: Look, chain: tuple[bytes, ...]) -> Failure | None:
    """Judge *chain* for the step's host now, and note what it says."""
    judgement = look.shared.trust.judge(chain, step.target.host, datetime.now(UTC))
    look.note(authority=judgement.authority, **judgement.facts)
    if judgement.skew_s is not None:
        look.note(skew_s=round(judgement.skew_s))
    return judgement.failure
