"""Open the TLS session that HTTP and WebSocket are spoken over, straight or through the proxy."""

from probes.look import Look
from probes.model import Step
from probes.net import address_of, connect_tcp
from probes.proxy import connect_through_proxy
from probes.tls_stream import TlsStream


async def open_stream(step: Step, look: Look) -> TlsStream:
    """A TLS session with the step's host, straight or through the plan's proxy; the tls probe judges it."""
    host, port = step.target.host, step.target.port
    if step.params.get("proxy"):
        sock = await connect_through_proxy(look, host, port)
    else:
        address = await address_of(step, look)
        look.note(address=address)
        sock = await connect_tcp(address, port)
    stream = TlsStream(sock, host)
    try:
        await stream.handshake()
    except BaseException:
        stream.close()
        raise
    return stream
