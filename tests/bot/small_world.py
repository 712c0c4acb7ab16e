"""A whole calling service on loopback: gateways over TLS, a TURN server, and the network file that leads there."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.certificates import Identity, make_authority, make_server
from tests.turnserver import HOST, SECRETS, Coturn

NAMES = ("signal.example", "near.example", "far.example", "events.example", "push.example", "turn.example")


@dataclass
class SmallWorld:
    """Where it is, and the network file's content to spoil before it is written."""

    folder: Path
    port: int
    content: dict[str, Any] = field(repr=False)

    def network(self, **changes: Any) -> str:
        """Write the network file with *changes* at its top level; gives its path."""
        path = self.folder / "network.yaml"
        path.write_text(json.dumps(self.content | changes))  # JSON is YAML too
        return str(path)


@asynccontextmanager
async def small_world(folder: Path, turn: Coturn) -> AsyncIterator[SmallWorld]:
    """Serve until the block is left."""
    root = make_authority("Small Root")
    async with gateway(make_server(root, *NAMES)) as port:
        yield SmallWorld(folder, port, _content(root, port, turn))


@asynccontextmanager
async def gateway(identity: Identity) -> AsyncIterator[int]:
    """Speak TLS, and upgrade /signal to a WebSocket; everything else is found."""

    async def signal(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async def found(_: web.Request) -> web.StreamResponse:
        return web.Response(text="here")

    app = web.Application()
    app.router.add_get("/signal", signal)
    app.router.add_get("/{path:.*}", found)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0, ssl_context=identity.context())
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _content(root: Identity, port: int, turn: Coturn) -> dict[str, Any]:
    signaling = {"transport": "tcp", "port": port, "hosts": _edges("signal.example")}
    https = {"protocol": "https", "transport": "tcp", "port": port}
    return {
        "id": "small",
        "title": "Small World",
        "roaming": "roaming",
        "edges": {"near": {}, "far": {}},
        "services": [
            {
                "id": "signaling",
                "platforms": ["javascript"],
                "protocol": "websocket",
                "path": "/signal",
                **signaling,
            },
            {
                "id": "signaling",
                "platforms": ["ios", "android", "react-native"],
                "protocol": "tls",
                **signaling,
            },
            {
                "id": "legacy-signaling",
                "platforms": ["ios", "android"],
                "protocol": "tcp",
                "transport": "tcp",
                "port": port,
                "hosts": _edges("signal.example"),
            },
            {"id": "insights", "hosts": {"all": "events.example"}, **https},
            {"id": "registration", "hosts": {"all": "push.example"}, **https},
            {
                "id": "stun",
                "protocol": "stun",
                "transport": "udp",
                "port": turn.port,
                "hosts": {"all": "turn.example"},
            },
            {
                "id": "turn",
                "protocol": "turn",
                "transport": "udp",
                "port": turn.port,
                "hosts": {"all": "turn.example"},
            },
            {
                "id": "turn",
                "protocol": "turn",
                "transport": "tcp",
                "port": turn.port,
                "hosts": {"all": "turn.example"},
            },
        ],
        "media": {"ranges": ["127.0.0.0/8"], "ports": [10000, 60000]},
        "addresses": {name: [HOST] for name in NAMES},
        "private_addresses": True,
        "trust": {"roots": [root.pem]},
        "ice_servers": [
            {
                "urls": [f"turn:turn.example:{turn.port}?transport=tcp"],
                "username": SECRETS["username"],
                "credential": SECRETS["credential"],
            }
        ],
    }


def _edges(roaming: str) -> dict[str, str]:
    return {"roaming": roaming, "near": "near.example", "far": "far.example"}
