"""Results as the page sends them, about the targets of its configuration."""

import json
from collections.abc import Mapping
from typing import Any

PORTS = [10001, 22222, 33333, 44444]


def result(config: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A result where everything works, except *changes*: by probe, a failure word or (word, facts).

    Other names replace fields of the whole result.
    """
    whole: dict[str, Any] = {
        "v": 1,
        "run": "",
        "key": "",
        "same_network": "yes",
        "language": "en",
        "started": 1_764_400_000.0,
        "runtime": 6.5,
        "clock_offset_s": 0.2,
        "browser": {"name": "Chrome", "version": "143.0", "os": "Windows", "microphone": "prompt"},
        "observations": [
            observation(config_item, probe, changes.get(probe)) for probe, config_item in _items(config)
        ],
    }
    return whole | {name: value for name, value in changes.items() if name in whole}


def _items(config: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    named = (("websocket", "signaling"), ("http", "insights"), ("stun", "stun"), ("turn", "turn"))
    found = [(probe, item) for probe, name in named for item in config[name]]
    return [*found, ("udp_media", {}), ("quality", {})]


def observation(item: Mapping[str, Any], probe: str, change: Any) -> dict[str, Any]:
    failure, facts = change if isinstance(change, tuple) else (change, {})
    works: dict[str, Any] = {
        "turn": {"reached": failure is None, "allocated": failure is None},
        "udp_media": _media(failure),
        "stun": {"reflexive": "198.51.100.7:4711"} if failure is None else {},
        "quality": {"sent": 100, "lost": 0, "rtt_ms": 38.0, "jitter_ms": 2.0},
    }.get(probe, {})
    place = {name: item[name] for name in ("edge", "host", "port", "transport") if name in item}
    return {"probe": probe, "failure": failure, "facts": {**works, **facts}, **place}


def _media(failure: str | None) -> dict[str, Any]:
    lists = {None: "open", "udp_outbound_lost": "outbound_lost", "udp_inbound_lost": "inbound_lost"}
    return {lists[failure]: PORTS, "in_range": True} if failure in lists else {}


def encode(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode()
