"""Writes the network file of the lab, in the schema that --network takes. Pure but for the writing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.lab import addresses as at

MOBILE_PLATFORMS = ["android", "ios", "react-native"]


def write(path: Path, root: Path, changes: Mapping[str, str]) -> None:
    """Write the file to *path*; *root* is the lab's CA; *changes* may hold `credential`, `proxy` and `resolver`."""
    path.write_text(yaml.safe_dump(facts(root, changes), sort_keys=False))


def facts(root: Path, changes: Mapping[str, str]) -> dict[str, Any]:
    """The lab as a network: three edges, the four services, media, TURN."""
    everywhere = {"roaming": at.TURN_NAME, **{edge.name: f"{edge.name}.turn.{at.ZONE}" for edge in at.EDGES}}
    turn = [("udp", 3478), ("tcp", 3478), ("tcp", 443), ("tls", 443)]
    network: dict[str, Any] = {
        "id": "lab",
        "title": "Fault lab",
        "roaming": "roaming",
        "edges": {edge.name: {"region": edge.region, "place": edge.place} for edge in at.EDGES},
        "services": [
            _service("signaling", "websocket", "tcp", 443, _javascript(), ["javascript"], "/signal"),
            _service("signaling", "tls", "tcp", 443, _mobile(), MOBILE_PLATFORMS),
            _service("legacy-signaling", "tls", "tcp", at.LEGACY_PORT, _mobile(), ["android", "ios"]),
            _service(
                "registration", "https", "tcp", 443, {"all": at.REGISTRATION_NAME}, MOBILE_PLATFORMS, "/"
            ),
            _service("insights", "https", "tcp", 443, {"all": at.INSIGHTS_NAME}, None, "/"),
            _service("stun", "stun", "udp", 3478, {"all": at.STUN_NAME}),
            *(_service("turn", "turn", transport, port, everywhere) for transport, port in turn),
        ],
        "media": {"ranges": [at.MEDIA_NET], "ports": list(at.MEDIA_PORTS)},
        "turn_ranges": {"lab": [f"{address}/32" for address in at.TURN_ADDRESSES]},
        "dns_checks": {"client_subnet": at.CLIENT_SUBNET_NAME, "identity": at.WHOAMI_NAME},
        "known_pages": [
            {"url": f"http://{at.KNOWN_PAGE_NAMES[0]}/generate_204"},
            {
                "url": f"http://{at.KNOWN_PAGE_NAMES[1]}/connecttest.txt",
                "answers": 200,
                "contains": at.KNOWN_TEXT,
            },
        ],
        "private_addresses": True,
        "quality": {"rtt_ms": 200, "jitter_ms": 30, "loss_percent": 3, "mos": 3.5},
        "trust": {"roots": [str(root)]},
    }
    if changes.get("fill"):
        network["quality"] |= {"fill": True, "loaded_rtt_ms": 300}
    if changes.get("proxy"):
        network["proxy"] = changes["proxy"]
    if changes.get("resolver"):
        network["resolvers"] = [changes["resolver"]]
    credential = changes.get("credential", at.TURN_PASSWORD)
    if credential:
        network["ice_servers"] = _ice_servers(credential, changes.get("offered", "udp tcp tls").split())
    return network


def _service(
    service: str,
    protocol: str,
    transport: str,
    port: int,
    hosts: dict[str, str],
    platforms: list[str] | None = None,
    path: str = "",
) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": service, "protocol": protocol, "transport": transport, "port": port}
    if platforms:
        facts["platforms"] = list(platforms)
    if path:
        facts["path"] = path
    return facts | {"hosts": dict(hosts)}


def _javascript() -> dict[str, str]:
    return {"roaming": at.ROAMING_JAVASCRIPT, **{edge.name: edge.javascript_name for edge in at.EDGES}}


def _mobile() -> dict[str, str]:
    return {"roaming": at.ROAMING_MOBILE, **{edge.name: edge.mobile_name for edge in at.EDGES}}


def _ice_servers(credential: str, offered: list[str]) -> list[dict[str, Any]]:
    every = [
        f"turn:{at.TURN_NAME}:3478?transport=udp",
        f"turn:{at.TURN_NAME}:3478?transport=tcp",
        f"turn:{at.TURN_NAME}:443?transport=tcp",
        f"turns:{at.TURN_NAME}:443?transport=tcp",
    ]
    turn = [url for url in every if ("tls" if url.startswith("turns:") else url[-3:]) in offered]
    return [
        {"urls": f"stun:{at.STUN_NAME}:3478"},
        {"urls": turn, "username": at.TURN_USER, "credential": credential},
    ]
