"""Connect a relay to its hub: TCP, the proxy if there is one, TLS, and the WebSocket upgrade.

Every failure raises `LinkError` with a sentence that an operator can act on.
"""

import asyncio
import hashlib
import ssl
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter, Transport
from dataclasses import dataclass
from typing import Final

from probes.net.http1 import Head, make_request, read_head
from probes.net.websocket_upgrade import is_accepted, is_switched, new_key, upgrade
from probes.protocol.messages import LONGEST, SUBPROTOCOL
from probes.relay import dial_errors as wrong
from probes.relay.dial_errors import LinkError
from probes.relay.hub_address import HubAddress, split_proxy
from probes.relay.websocket import WebSocket

# Seconds that the first address of a name gets before the next one is tried in parallel (RFC 8305 section 5).
_STAGGER: Final = 0.25


async def open_socket(hub: HubAddress) -> WebSocket:
    """A WebSocket to the hub at *hub*; raises LinkError."""
    way = await _reach(hub)
    try:
        if hub.proxy:
            await _tunnel(way, hub)
        if context := hub.tls():
            way = await _secure(way, context, hub)
        await _upgrade(way, hub)
    except BaseException:
        way.transport.abort()
        raise
    writer = StreamWriter(way.transport, way.protocol, way.reader, asyncio.get_running_loop())
    return WebSocket(way.reader, writer, LONGEST["hub"])


@dataclass(frozen=True, slots=True)
class _Way:
    """A connection, as far as it is established."""

    transport: Transport
    reader: StreamReader
    protocol: StreamReaderProtocol


async def _reach(hub: HubAddress) -> _Way:
    host, port = split_proxy(hub.proxy)[:2] if hub.proxy else hub.address
    loop, reader = asyncio.get_running_loop(), StreamReader()
    protocol = StreamReaderProtocol(reader)
    try:
        transport, _ = await loop.create_connection(
            lambda: protocol, host, port, happy_eyeballs_delay=_STAGGER
        )
    except OSError as error:
        raise wrong.not_reached(error, hub.url, hub.proxy) from error
    return _Way(transport, reader, protocol)


async def _tunnel(way: _Way, hub: HubAddress) -> None:
    """Ask the proxy for a tunnel to the hub (RFC 9110 section 9.3.6)."""
    host, port = hub.address
    there = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers = {"Host": there, **split_proxy(hub.proxy)[2]}
    head = await _ask(way, make_request("CONNECT", there, headers), wrong.via(hub.proxy))
    if not 200 <= head.status < 300:
        raise wrong.no_tunnel(head, hub.proxy)


async def _secure(way: _Way, context: ssl.SSLContext, hub: HubAddress) -> _Way:
    """Start TLS. A new reader makes sure that no byte from before TLS counts as encrypted."""
    reader = StreamReader()
    protocol = StreamReaderProtocol(reader)
    try:
        transport = await asyncio.get_running_loop().start_tls(
            way.transport, protocol, context, server_hostname=hub.address[0]
        )
    except OSError as error:  # including ssl.SSLError
        raise wrong.not_trusted(error) from error
    if transport is None:
        raise wrong.cut(hub.url)
    protocol.connection_made(transport)
    if hub.pin:
        visible = transport.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
        if hashlib.sha256(visible).hexdigest() != hub.pin:
            raise wrong.not_pinned()
    return _Way(transport, reader, protocol)


async def _upgrade(way: _Way, hub: HubAddress) -> None:
    parts, key = hub.parts, new_key()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = await _ask(way, upgrade(parts.netloc, path, key, {"Sec-WebSocket-Protocol": SUBPROTOCOL}), hub.url)
    if not is_switched(head) or not is_accepted(head, key):
        raise wrong.not_switched(head, hub.url)
    if head.get("sec-websocket-protocol") != SUBPROTOCOL:
        raise LinkError("the server uses WebSocket, but is not a hub of this version", "version", 60.0)


async def _ask(way: _Way, request: bytes, whom: str) -> Head:
    """Read the head of the response, and no byte after it."""
    try:
        way.transport.write(request)
        return await read_head(lambda: way.reader.readuntil(b"\r\n\r\n"))
    except (OSError, EOFError, asyncio.LimitOverrunError) as error:
        raise wrong.cut(whom) from error
