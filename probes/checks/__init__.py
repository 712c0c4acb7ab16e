"""The table of probes: to add one, write its file here and give it a line below."""

from collections.abc import Awaitable, Callable
from typing import Final

from probes.checks import dns, edges, http, nat, route, stun, tcp, tls, turn, udp_media, websocket
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from probes.protocol.model import Step

PROBES: Final[dict[str, Callable[[Step, ProbeContext], Awaitable[Failure | None]]]] = {
    "route": route.probe,
    "dns": dns.probe,
    "tcp": tcp.probe,
    "tls": tls.probe,
    "websocket": websocket.probe,
    "http": http.probe,
    "stun": stun.probe,
    "nat": nat.probe,
    "turn": turn.probe,
    "udp_media": udp_media.probe,
    "edges": edges.probe,
}
