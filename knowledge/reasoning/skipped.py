"""Say in words which check failed, so that the ones after it were skipped."""

import re
from collections.abc import Mapping
from typing import Final

_CHECKS: Final[Mapping[str, str]] = {
    "dns": "name lookup for",
    "tcp": "TCP connection to",
    "tls": "TLS session with",
    "websocket": "WebSocket to",
    "http": "HTTPS request to",
    "stun": "STUN at",
    "turn": "TURN at",
}
_PORT: Final = re.compile(r":(\d+)/(\w+)$")


def failed_first(step: str) -> str:
    """Name the failed *step* (`tcp signaling gateway.example:443/tcp`) by what it checked and where."""
    probe, *words = step.split()
    place = next((word for word in reversed(words) if "=" not in word), "")
    port = "" if probe == "dns" else r", port \1"
    return f"not checked: {_CHECKS.get(probe, 'check of')} {_PORT.sub(port, place)} failed first"
