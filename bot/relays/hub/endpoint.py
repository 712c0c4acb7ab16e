"""WebSocket endpoint for relays, with its own certificate or behind a TLS proxy."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.errors import UsageError
from bot.http_log import HttpServerLog
from bot.relays.hub.accept import accepting
from bot.relays.hub.control_socket import listen_on
from bot.relays.hub.hub import Hub
from bot.relays.hub.relay_stream import RelayStream
from probes.protocol.messages import LONGEST, SUBPROTOCOL

PATH: Final = "/relay"
RELAYS_ONLY: Final = "Relays connect here, over a WebSocket.\n"

# asyncio buffers this much per TLS connection and direction, 256 kB by default: most of the memory of an idle relay
# (measured: 315 kB, against 69 kB with this value). A plan of 60 kB then takes 4 reads instead of 1.
TLS_BUFFER: Final = 16 * 1024

# Connections that wait to be accepted when all relays reconnect at once.
BACKLOG: Final = 4_096


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen, and with which certificate; without one, only on loopback or a socket file."""

    host: str = "127.0.0.1"
    port: int = 0
    path: str = ""  # of a Unix socket, for a proxy on the same host; replaces host and port
    certificate: str = ""  # path of a PEM file
    key: str = ""

    def context(self) -> ssl.SSLContext | None:
        """Load the certificate; `UsageError` if it cannot be used."""
        if not self.certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key or None)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"The certificate {self.certificate} cannot be used: {error}.") from error
        return context


@asynccontextmanager
async def listening(hub: Hub, listen: ListenAddress) -> AsyncIterator[str]:
    """Accept relays for *hub*; gives `host:port`, or the path of the socket."""
    context = listen.context()
    if context:
        asyncio.sslproto.SSLProtocol.max_size = TLS_BUFFER  # type: ignore[attr-defined]  # its own, not typed
    runner = web.AppRunner(
        _application(hub),
        access_log=None,
        logger=HttpServerLog(logging.getLogger("aiohttp.server")),
        handle_signals=False,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    assert runner.server
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        listener = stack.enter_context(_open_listener(listen))
        await stack.enter_async_context(accepting(listener, runner.server, context, hub.waiting))
        address = listener.getsockname()
        yield listen.path or f"{address[0]}:{address[1]}"


def _open_listener(listen: ListenAddress) -> socket.socket:
    """Listen on the address; `UsageError` if that is not possible."""
    try:
        if listen.path:
            listener = listen_on(Path(listen.path))
        else:
            kind, _, _, _, address = socket.getaddrinfo(
                listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listener = socket.create_server(address[:2], family=kind, backlog=BACKLOG)
    except OSError as error:
        where = listen.path or f"{listen.host}:{listen.port}"
        raise UsageError(f"The hub cannot listen on {where}: {error.strerror}.") from error
    listener.setblocking(False)
    return listener


def _application(hub: Hub) -> web.Application:
    async def relay(request: web.Request) -> web.StreamResponse:
        if not _is_relay(request):  # aiohttp would log the stranger's words
            return web.Response(status=426, text=RELAYS_ONLY)
        websocket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,), max_msg_size=LONGEST["relay"], compress=False, timeout=2.0
        )
        try:
            await websocket.prepare(request)
        except web.HTTPBadRequest:
            return web.Response(status=426, text=RELAYS_ONLY)
        transport = request.transport
        if transport is None:
            return websocket
        line = RelayStream(websocket, transport)
        await hub.take_in(line, lambda: _proved(hub, request.protocol, transport))
        await line.close()
        return websocket

    async def healthy(_: web.Request) -> web.Response:
        return web.json_response({"relays": len(hub.sessions), "failing": hub.failing()})

    application = web.Application()
    application.router.add_get(PATH, relay)
    application.router.add_get("/healthz", healthy)
    return application


def _proved(hub: Hub, handler: asyncio.Protocol, transport: asyncio.Transport) -> None:
    """Let the connection wait no longer. Nothing counts its end any more, so its data take the short way."""
    hub.waiting.leave_by(transport)
    transport.set_protocol(handler)


def _is_relay(request: web.Request) -> bool:
    """Return whether the other side offers the protocol of relays."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    return SUBPROTOCOL in (name.strip() for name in offered.split(","))
