"""Connect through an HTTP proxy with CONNECT (RFC 9110 section 9.3.6), or directly."""

import asyncio
import socket
from urllib.parse import urlsplit

from probes.checks.context import ProbeContext
from probes.checks.targets import address_of, usable
from probes.net.guard import GUARD
from probes.net.http1 import make_request, proxy_authorization, read_head
from probes.net.sockets import connect_tcp
from probes.net.tls_stream import TlsStream
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step


async def connect_through_proxy(context: "ProbeContext", host: str, port: int) -> socket.socket:
    """A tunnel to *host*; notes `proxy`, and `status` and `auth_schemes` if the proxy refuses.

    Raises NetworkError with a proxy failure; the errors of a broken connection pass through.
    """
    if not context.shared.plan.proxy:
        raise NetworkError(Failure.NO_PROXY)
    url = urlsplit(context.shared.plan.proxy)
    if url.scheme != "http" or not url.hostname:
        raise NetworkError(Failure.NOT_SUPPORTED)
    context.note(proxy=f"{url.hostname}:{url.port or 80}")  # never the user's name and password
    GUARD.get().check_tunnel(host, port)
    sock = await _reach(context, url.hostname, url.port or 80)
    try:
        headers = {"Host": f"{host}:{port}", **proxy_authorization(url)}
        await _ask(context, sock, make_request("CONNECT", f"{host}:{port}", headers))
    except BaseException:
        sock.close()
        raise
    return sock


async def _reach(context: "ProbeContext", host: str, port: int) -> socket.socket:
    try:
        v4, v6 = await usable(*await context.shared.resolver.addresses(host), context)
        return await connect_tcp((v4 or v6)[0], port)
    except OSError as error:
        raise NetworkError(Failure.PROXY_UNREACHABLE, getattr(error, "icmp_from", "")) from error


async def _ask(context: "ProbeContext", sock: socket.socket, request: bytes) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, request)
    head = await read_head(
        lambda: loop.sock_recv(sock, 65536)
    )  # in the tunnel we send first, so nothing follows the head
    if 200 <= head.status < 300:
        return
    context.note(status=head.status, server=head.get("server"), auth_schemes=head.auth_schemes)
    raise NetworkError(Failure.PROXY_AUTH_REQUIRED if head.status == 407 else Failure.PROXY_REFUSED)


async def open_stream(step: Step, context: ProbeContext) -> TlsStream:
    """A TLS session with the step's host, direct or through the plan's proxy, to write to; the tls check judges it."""
    host, port = step.target.host, step.target.port
    if step.params.get("proxy"):
        sock = await connect_through_proxy(context, host, port)
    else:
        address = await address_of(step, context)
        context.note(address=address)
        sock = await connect_tcp(address, port, speaks_first=True)
    stream = TlsStream(sock, host)
    try:
        await stream.handshake(writes_next=True)
    except BaseException:
        stream.close()
        raise
    return stream
