"""The service's gateways: signaling over WebSocket, mobile signaling over TLS, HTTPS for the rest.

Run inside svc: `python -m tests.lab.gateway CERTIFICATES`. Besides the genuine ones it keeps stand-ins on
ports of their own, with a wrong certificate, a shifted Date, or manners of their own, to which a fault redirects.
"""

import asyncio
import contextlib
import email.utils
import ssl
import sys
import time
from pathlib import Path

from aiohttp import WSMsgType, web

from tests.lab import addresses as at
from tests.lab import manners

PLAIN_PORT = 8080  # on loopback, for nginx


async def signal(request: web.Request) -> web.StreamResponse:
    """What a browser's SDK talks to: echoes each text; without an upgrade it is a plain page."""
    socket = web.WebSocketResponse()
    if not socket.can_prepare(request).ok:
        return web.Response(text="signal\n")
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


def make_app(date_shift: float = 0.0, status: int = 404) -> web.Application:
    """The HTTP side of every gateway; *date_shift* in seconds moves its Date header.

    Registration and Insights answer *status*, by default like an API that was asked for nothing.
    """

    async def page(_request: web.Request) -> web.Response:
        return web.json_response({"message": "lab"}, status=status)

    async def stamp(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = email.utils.formatdate(time.time() + date_shift, usegmt=True)
        response.headers["Server"] = "lab-gateway"

    app = web.Application()
    app.on_response_prepare.append(stamp)
    app.router.add_get("/signal", signal)
    app.router.add_route("*", "/{path:.*}", page)
    return app


def make_unavailable() -> web.Application:
    """A gateway in an outage: it answers every request with 503."""

    async def busy(_request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Server": "lab-gateway"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", busy)
    return app


def make_pages() -> web.Application:
    """The pages with a known answer, of hosts that have nothing to do with the service."""

    async def nothing(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def text(_request: web.Request) -> web.Response:
        return web.Response(text=at.KNOWN_TEXT)

    app = web.Application()
    app.router.add_get("/generate_204", nothing)
    app.router.add_get("/connecttest.txt", text)
    return app


async def mobile(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Mobile signaling: TLS that waits for SIP and says nothing to anything else."""
    with contextlib.suppress(OSError, ssl.SSLError):
        while await reader.read(4096):
            pass
    writer.close()


async def main(certificates: Path) -> None:
    """Open every listener and serve until killed."""
    genuine = tls(certificates / "genuine.pem")
    runner = await _runner(make_app())
    for edge in at.EDGES:
        if edge.name != at.BEHIND_NGINX:
            await web.TCPSite(runner, edge.javascript, 443, ssl_context=genuine).start()
        for port in (443, at.LEGACY_PORT):
            await asyncio.start_server(mobile, edge.mobile, port, ssl=genuine)
    for address in (at.REGISTRATION, at.INSIGHTS):
        await web.TCPSite(runner, address, 443, ssl_context=genuine).start()
    await web.TCPSite(runner, "127.0.0.1", PLAIN_PORT).start()
    pages = await _runner(make_pages())
    for address in at.KNOWN_PAGES:
        await web.TCPSite(pages, address, 80).start()
        await web.TCPSite(pages, address, 443, ssl_context=genuine).start()
    shifted = await _runner(make_app(at.DATE_SHIFT))
    await web.TCPSite(shifted, None, at.DATE_SHIFTED, ssl_context=genuine).start()
    failing = await _runner(make_app(status=500))
    await web.TCPSite(failing, None, at.SERVER_ERROR, ssl_context=genuine).start()
    unavailable = await _runner(make_unavailable())
    await web.TCPSite(unavailable, None, at.UNAVAILABLE, ssl_context=genuine).start()
    wrong = {at.WRONG_NAME: "wrong-name", at.EXPIRED: "expired", at.NOT_YET_VALID: "not-yet-valid"}
    for port, stem in wrong.items():
        await web.TCPSite(runner, None, port, ssl_context=tls(certificates / f"{stem}.pem")).start()
    await manners.listen(genuine)
    await asyncio.Event().wait()


def tls(chain: Path) -> ssl.SSLContext:
    """A server's context for CHAIN.pem and CHAIN.key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, chain.with_suffix(".key"))
    return context


async def _runner(app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    return runner


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
