"""A small server for the page of a check link, with the gateways that it checks: real sockets on loopback."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from tests.check_page.build import BUILT

HOST: Final = "127.0.0.1"
TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; "
    "connect-src 'self' {hosts}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ANSWER: Final[dict[str, Any]] = {
    "v": 1,
    "verdict": "blocked",
    "language": "en",
    "title": "Blocked: UDP to the media ports. Calls connect but have no audio.",
    "customer": "Your network blocks call audio. Please ask your network team to allow outgoing UDP to "
    "168.86.128.0/18, ports 10000-60000, including replies.",
    "it": "UDP reached 0 of 6 media ports.\n\nAllow UDP 10000-60000 to 168.86.128.0/18, outgoing, with return traffic.",
    "rows": [
        {"layer": "signaling", "state": "works", "detail": "9 of 9 edges"},
        {"layer": "insights", "state": "works", "detail": ""},
        {"layer": "turn", "state": "partly", "detail": "UDP 3478 does not answer"},
        {"layer": "media", "state": "blocked", "detail": "<b>0 of 6</b> ports"},
        {"layer": "line", "state": "unknown", "detail": ""},
    ],
    "admin": [
        {"purpose": "Signaling", "protocol": "TCP", "ports": "443", "destinations": ["voice-js.roaming.example"],
         "direction": "outgoing", "state": "works", "note": ""},
        {"purpose": "Media", "protocol": "UDP", "ports": "10000-60000", "destinations": ["168.86.128.0/18"],
         "direction": "both", "state": "blocked", "note": "Replies must be allowed."},
    ],
    "reference": "kite-42",
    "checked_at": 1764400000,
    "runs_left": 4,
}  # fmt: skip


@dataclass
class Site:
    """What the page is given, and what it did."""

    edges: dict[str, str] = field(default_factory=lambda: {"roaming": "opens", "dublin": "opens"})
    insights: str = "answers"
    turn: Sequence[dict[str, Any]] = ()
    stun: Sequence[dict[str, Any]] = ()
    ice: dict[str, str] | None = None
    hosts: Sequence[str] = (HOST,)  # the first one serves the page; each edge has the next one
    allocations: int = 3
    error: str = ""
    refuses: str = ""  # the word that a start is refused with
    stores: bool = True  # else results are refused
    answer: dict[str, Any] = field(default_factory=lambda: dict(ANSWER))
    url: str = ""
    started: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)

    @asynccontextmanager
    async def run(self) -> AsyncIterator["Site"]:
        """Serve until the block is left."""
        async with AsyncExitStack() as stack:
            signaling = []
            for number, (edge, way) in enumerate(self.edges.items(), 1):
                host = self.hosts[number % len(self.hosts)]
                port = await stack.enter_async_context(_gateway(way, host))
                signaling.append(
                    {"edge": edge, "host": host, "port": port, "url": f"ws://{host}:{port}/signal"}
                )
            port = await stack.enter_async_context(_gateway(self.insights, self.hosts[-1]))
            self.config = {
                "v": 1, "code": "31009", "platform": "javascript", "support": "", "service": "Twilio Voice",
                "expires": int(time.time()) + 86400, "runs_left": 5, "asked_edge": "roaming", "signaling": signaling,
                "insights": [{"host": self.hosts[-1], "port": port, "url": f"http://{self.hosts[-1]}:{port}/"}],
                "stun": list(self.stun), "turn": list(self.turn),
                "media": {"low": 10000, "high": 60000, "ranges": [], "allocations": self.allocations},
            }  # fmt: skip
            app = web.Application(client_max_size=262_144)
            app.router.add_get("/check/assets/{name}", self._asset)
            app.router.add_get("/check/token", self._page)
            app.router.add_post("/check/token/start", self._start)
            app.router.add_post("/check/token/result", self._result)
            port = await stack.enter_async_context(_serving(app, self.hosts[0]))
            self.url = f"http://{self.hosts[0]}:{port}/check/token"
            yield self

    async def _page(self, request: web.Request) -> web.Response:
        config = {"v": 1, "error": self.error} if self.error else self.config
        text = (BUILT / "index.html").read_text("utf-8")
        filled = {"nonce": "abc123", "assets": "/check/assets", "config": json.dumps(config)}
        for name, value in filled.items():
            text = text.replace("{{" + name + "}}", value)
        targets = [*self.config["signaling"], *self.config["insights"]]
        hosts = " ".join(
            f"{scheme}://{at['host']}:{at['port']}" for at in targets for scheme in ("ws", "http")
        )
        policy = POLICY.format(nonce="abc123", hosts=hosts)
        return web.Response(text=text, content_type="text/html", headers={"content-security-policy": policy})

    async def _asset(self, request: web.Request) -> web.Response:
        self.requests.append(request.match_info["name"])
        file = BUILT / request.match_info["name"]
        return web.Response(body=file.read_bytes(), content_type=TYPES[file.suffix])

    async def _start(self, request: web.Request) -> web.Response:
        assert request.headers["x-lineman-check"] == "1"
        self.started.append(await request.json())
        if self.refuses:
            return web.json_response({"v": 1, "error": self.refuses}, status=410)
        run = {
            "run": "r1",
            "key": "k1",
            "server_time": time.time(),
            "address": request.remote,
            "ice": self.ice,
        }
        return web.json_response({"v": 1} | run)

    async def _result(self, request: web.Request) -> web.Response:
        self.results.append(await request.json())
        return web.json_response(
            self.answer if self.stores else {"error": "invalid"}, status=200 if self.stores else 400
        )


@asynccontextmanager
async def _serving(app: web.Application, host: str) -> AsyncIterator[int]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _gateway(way: str, host: str) -> AsyncIterator[int]:
    """A port that opens WebSockets and answers HTTP, closes them, resets, strips the upgrade, or stays silent."""
    if way in ("opens", "closes", "strips", "answers"):
        app = web.Application()

        async def talk(request: web.Request) -> web.StreamResponse:
            return await _talk(request, way)

        app.router.add_get("/{path:.*}", talk)
        async with _serving(app, host) as port:
            yield port
        return
    held: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if way == "resets":
            writer.transport.abort()
        held.append(writer)

    server = await asyncio.start_server(accept, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()


async def _talk(request: web.Request, way: str) -> web.StreamResponse:
    if way in ("strips", "answers") or "upgrade" not in request.headers:
        return web.Response(text="ok")
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    if way == "closes":
        await socket.close(code=1008)
        return socket
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket
