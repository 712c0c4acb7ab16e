"""A network where nothing answers, so that a diagnosis is fast: real checks of closed ports on loopback."""

import json
import socket
from contextlib import closing
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
NAMES: Final = (
    "signal.example",
    "near.example",
    "far.example",
    "events.example",
    "push.example",
    "turn.example",
)


def closed_world(folder: Path, **changes: Any) -> Path:
    """Write its network file; *changes* are put at the top level."""
    port = free_port()
    edges = {"roaming": "signal.example", "near": "near.example", "far": "far.example"}
    signaling = {"id": "signaling", "transport": "tcp", "port": port, "hosts": edges}
    https = {"protocol": "https", "transport": "tcp", "port": port}
    turn = {"id": "turn", "protocol": "turn", "port": port, "hosts": {"all": "turn.example"}}
    native = ["ios", "android", "react-native"]
    content = {
        "id": "closed",
        "title": "Closed World",
        "roaming": "roaming",
        "edges": {"near": {}, "far": {}},
        "services": [
            {**signaling, "platforms": ["javascript"], "protocol": "websocket", "path": "/signal"},
            {**signaling, "platforms": native, "protocol": "tls"},
            {"id": "insights", "hosts": {"all": "events.example"}, **https},
            {"id": "registration", "hosts": {"all": "push.example"}, **https},
            {**turn, "id": "stun", "protocol": "stun", "transport": "udp"},
            {**turn, "transport": "udp"},
            {**turn, "transport": "tcp"},
        ],
        "media": {"ranges": ["127.0.0.0/8"], "ports": [10000, 60000]},
        "addresses": {name: [HOST] for name in NAMES},
        "private_addresses": True,
    }
    path = folder / "closed.yaml"
    path.write_text(json.dumps(content | changes))  # JSON is YAML too
    return path


def free_port() -> int:
    """A port where nothing listens now."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
