"""What a customer's browser checks for a request: hosts, addresses, and the configuration of the page.

Pure: no network, no clock.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from bot.diagnosis.engine import Engine
from bot.diagnosis.ice_servers import turn_servers
from bot.diagnosis.run_record import BROWSER_RELAY
from bot.diagnosis.turn_settings import ICE_SERVERS, TurnSettings
from bot.model.request import Request
from knowledge.model.network import Network
from probes.protocol.model import Target

BROWSER: Final = "javascript"  # the platform whose client is a browser
ALLOCATIONS: Final = 6  # ports of the media range to try
VERSION: Final = 1  # of the page, its configuration, and its results


@dataclass(frozen=True, slots=True)
class CheckTargets:
    """Everything that one page checks. Results about anything else are not used."""

    request: Request
    signaling: tuple[Target, ...]  # the edge of the case first
    insights: tuple[Target, ...]
    stun: tuple[Target, ...]
    turn: tuple[Target, ...]
    paths: dict[str, str]  # of each signaling host

    @property
    def origins(self) -> tuple[str, ...]:
        """What the page may connect to, as in a Content-Security-Policy."""
        hosts = [f"{target.host}:{target.port}" for target in self.signaling]
        found = [f"{scheme}://{host}" for host in hosts for scheme in ("wss", "https")]
        return (*found, *(f"https://{target.host}:{target.port}" for target in self.insights))


def as_browser(request: Request) -> Request:
    """Return *request* for the client that a browser can be: without a platform, the JavaScript SDK."""
    return replace(request, platform=request.platform or BROWSER, relays=(BROWSER_RELAY,))


def targets_of(request: Request, network: Network, turn: TurnSettings) -> CheckTargets:
    """List what to check for *request*. A browser cannot open the signaling of the mobile SDKs."""
    request = as_browser(request)
    platform = request.platform or BROWSER
    signaling: tuple[Target, ...] = ()
    if platform == BROWSER:
        chosen = network.targets("signaling", BROWSER, "chosen", request.edge)
        signaling = tuple(dict.fromkeys((*chosen, *network.targets("signaling", BROWSER, "every"))))
    return CheckTargets(
        request=request,
        signaling=signaling,
        insights=network.targets("insights", platform),
        stun=network.targets("stun", platform, "roaming"),
        turn=_turn(network, platform, turn),
        paths={
            target.host: service.path or "/"
            for service in network.services_of("signaling", BROWSER)
            for target in signaling
            if target.host in service.hosts.values()
        },
    )


def _turn(network: Network, platform: str, settings: TurnSettings) -> tuple[Target, ...]:
    """List the TURN endpoints: those that are set, else those of the service."""
    known = network.ice_servers or settings.ice_servers
    if not known:
        return network.targets("turn", platform, "roaming")
    found = (
        Target("turn", server.host, server.port, server.transport)
        for server in turn_servers(known, ICE_SERVERS)
    )
    return tuple(dict.fromkeys(found))


def page_config(targets: CheckTargets, engine: Engine, support: str) -> dict[str, Any]:
    """Return the configuration of the page, without what belongs to one link."""
    network = engine.network
    return {
        "v": VERSION,
        "code": targets.request.code,
        "platform": targets.request.platform or "",
        "support": support,
        "service": network.title,
        "asked_edge": targets.request.edge,
        "roaming": network.roaming,
        "signaling": [
            {
                **_place(target),
                "edge": target.edge,
                "url": f"wss://{_host(target)}{targets.paths[target.host]}",
            }
            for target in targets.signaling
        ],
        "insights": [{**_place(target), "url": f"https://{_host(target)}/"} for target in targets.insights],
        "stun": [{**_place(target), "url": f"stun:{target.host}:{target.port}"} for target in targets.stun],
        "turn": [
            {**_place(target), "transport": target.transport, "url": turn_url(target)}
            for target in targets.turn
        ],
        "media": {
            "low": network.media_ports[0],
            "high": network.media_ports[1],
            "ranges": list(network.media_ranges),
            "allocations": ALLOCATIONS,
        },
        "limits": {name: network.quality.get(name) for name in ("rtt_ms", "jitter_ms", "loss_percent")},
    }


def turn_url(target: Target) -> str:
    """Write a TURN endpoint as RFC 7065 does."""
    if target.transport == "tls":
        return f"turns:{target.host}:{target.port}?transport=tcp"
    return f"turn:{target.host}:{target.port}?transport={target.transport}"


def _place(target: Target) -> dict[str, Any]:
    return {"host": target.host, "port": target.port}


def _host(target: Target) -> str:
    return target.host if target.port == 443 else f"{target.host}:{target.port}"
