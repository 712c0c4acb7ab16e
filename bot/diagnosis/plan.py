"""Make one plan for all probes that a case needs: each step once, in order, within its budget.

Pure: no network, no clock.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from bot.diagnosis.budgets import CAP, DEFAULT
from bot.diagnosis.ice_servers import IceServers, TurnServer
from bot.diagnosis.plan_turn import offered, servers_for
from bot.diagnosis.run_record import FILL
from bot.relays.local import seconds_for
from knowledge.model.network import Network
from knowledge.model.schema import CaseModel, ProbeSpec
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan, Step, Target

# Probes that must have succeeded on the same host first: otherwise a failure would only repeat theirs.
BEHIND: Final[Mapping[str, tuple[str, ...]]] = {
    "tcp": ("dns",),
    "tls": ("dns", "tcp"),
    "http": ("dns", "tcp"),
    "websocket": ("dns", "tcp"),  # not tls: behind TLS interception, the result is still informative
    "mtu": ("dns", "tcp"),
    **dict.fromkeys(("stun", "quality", "nat", "turn"), ("dns",)),
}

# One is enough; the second is a fallback if the first does not reply.
OTHER_SERVERS: Final = 2

# Roaming has the addresses of one edge. DNS that gives the same for more of them does not look the names up.
OTHER_EDGES: Final = 3

# What the network file limits and a check measures.
LIMITS: Final = ("rtt_ms", "jitter_ms", "loss_percent", "mos")


def make_plan(cases: Iterable[CaseModel], network: Network, ice: IceServers) -> Plan:
    """Make the plan for *cases* on *network*, with equal steps merged and TURN credentials from *ice*."""
    wanted: dict[str, tuple[ProbeSpec, CaseModel]] = {}
    for case in cases:
        for look in chain.from_iterable(case.probes.values()):
            if _known(look, network, ice) is None:
                wanted.setdefault(look.step, (look, case))
    looks = [look for look, _ in wanted.values()]
    steps = [_step(look, case, looks, network, ice) for look, case in wanted.values()]
    return Plan(tuple(steps), CAP, network.roots, network.proxy)


def observe_known(cases: Iterable[CaseModel], network: Network, ice: IceServers) -> dict[str, Observation]:
    """Return the observations that are known without a probe, for the steps that `make_plan` leaves out."""
    looks = chain.from_iterable(chain.from_iterable(case.probes.values()) for case in cases)
    known = (_known(look, network, ice) for look in looks)
    return {observation.step: observation for observation in known if observation}


def _step(
    look: ProbeSpec, case: CaseModel, looks: list[ProbeSpec], network: Network, ice: IceServers
) -> Step:
    turn = servers_for(look, network, ice)
    return Step(
        id=look.step,
        probe=look.probe,
        target=look.target,
        budget=seconds_for(look.probe) or DEFAULT,
        params={**look.params, **dict(_params(look, case, network, ice, turn))},
        after=tuple(_before(look, looks)),
        secrets={"username": turn[0].username, "credential": turn[0].credential} if turn else {},
    )


def _before(look: ProbeSpec, looks: Iterable[ProbeSpec]) -> Iterator[str]:
    """List the steps on the same host that must run before *look*."""
    if look.params.get("proxy"):
        return  # the proxy resolves names and connects
    for probe in BEHIND.get(look.probe, ()):
        for other in looks:
            same = other.probe == probe and other.target.host == look.target.host and not other.params
            if same and (probe == "dns" or other.target.port == look.target.port):
                yield other.step


def _known(look: ProbeSpec, network: Network, ice: IceServers) -> Observation | None:
    """Return what is known without a probe: an address, a pinned name, or that a check is not possible yet."""
    if look.probe == FILL:  # a plan of its own, after the verdict
        return Observation(look.step, look.probe, look.target, Failure.CANCELLED)
    if look.probe == "udp_media" and not ice.servers:
        return Observation(
            look.step, look.probe, look.target, Failure.NO_CREDENTIALS, {"because": ice.because}
        )
    known = addresses_known(look.target.host, network)
    if look.probe != "dns" or look.params or not known:
        return None
    facts = {
        "addresses": [item for item in known if ":" not in item],
        "addresses6": [item for item in known if ":" in item],
        "pinned": True,
    }
    return Observation(look.step, look.probe, look.target, None, facts)


def addresses_known(host: str, network: Network) -> list[str]:
    """Return the addresses of *host* that need no DNS: pinned in the network file, or the host itself."""
    if host in network.addresses:
        return list(network.addresses[host])
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return []


def _params(
    look: ProbeSpec, case: CaseModel, network: Network, ice: IceServers, turn: tuple[TurnServer, ...]
) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of a step that come from the network file."""
    if known := addresses_known(look.target.host, network):
        yield "addresses", known
    match look.probe:
        case "dns":
            yield from _dns_params(look, case, network)
        case "websocket" | "http" if "path" not in look.params:
            yield "path", _path(look.target, case.platform, network)
        case "portal":
            yield from _known_page(look.target, network)
        case "edges":
            yield from _edges_params(look, case, network)
        case "quality":
            yield "limits", _limits(network)
            yield "servers", _other_servers(look.target, network)
        case "turn":
            yield from offered(look.target, ice)
        case "nat" | "mtu":
            yield "servers", _other_servers(look.target, network)
        case "udp_media":
            yield "turn", [_endpoint(server, network) for server in turn]
            yield "ranges", list(network.media_ranges)
            yield "ports", list(network.media_ports)


def _limits(network: Network) -> dict[str, float]:
    return {name: network.quality[name] for name in LIMITS if name in network.quality}


def _dns_params(look: ProbeSpec, case: CaseModel, network: Network) -> Iterator[tuple[str, Any]]:
    if network.private_addresses:
        yield "private_ok", True
    if not look.params and (others := _other_edges(look.target, case.platform, network)):
        yield "others", others


def _edges_params(look: ProbeSpec, case: CaseModel, network: Network) -> Iterator[tuple[str, Any]]:
    hosts = network.edge_hosts(case.platform)
    yield "hosts", hosts
    pinned = {host: addresses_known(host, network) for host in (look.target.host, *hosts.values())}
    yield "addresses", {host: known for host, known in pinned.items() if known}
    yield "chosen", case.edge
    yield "allowed", list(network.allowed_edges)
    if turn := _turn_servers(network):
        yield "turn_servers", turn


def _known_page(target: Target, network: Network) -> Iterator[tuple[str, Any]]:
    for page in network.known_pages:
        if (page.host, page.port) == (target.host, target.port):
            yield from {"path": page.path, "status": page.status, "text": page.text}.items()


def _other_edges(target: Target, platform: str, network: Network) -> list[str]:
    """For the signaling host: some hosts of roaming and of other edges, of which one at most has the same addresses."""
    if target.service != "signaling":
        return []
    roaming = (place.host for place in network.targets("signaling", platform, "roaming"))
    hosts = dict.fromkeys((*roaming, *network.edge_hosts(platform).values()))
    return [host for host in hosts if host != target.host and not addresses_known(host, network)][
        :OTHER_EDGES
    ]


def _turn_servers(network: Network) -> dict[str, dict[str, Any]]:
    """Find the TURN server of each edge, over TCP: it tells how far the edge is."""
    found = {
        target.edge: {"host": target.host, "port": target.port}
        for target in reversed(network.targets("turn", "", "every"))
        if target.transport == "tcp"
    }
    return dict(reversed(found.items()))


def _path(target: Target, platform: str, network: Network) -> str:
    for service in network.services_of(target.service, platform):
        if service.path and service.port == target.port:
            return service.path
    return "/"


def _endpoint(server: TurnServer, network: Network) -> dict[str, Any]:
    place = {"host": server.host, "port": server.port, "transport": server.transport}
    known = addresses_known(server.host, network)
    return {**place, "addresses": known} if known else place


def _other_servers(target: Target, network: Network) -> list[dict[str, Any]]:
    """Find further STUN servers: for the mapping (`nat`), the loss (`quality`), and long requests (`mtu`)."""
    others = chain.from_iterable(network.targets(service, "", "every") for service in ("stun", "turn"))
    found = {
        other.host: other.port for other in others if other.transport == "udp" and other.host != target.host
    }
    return [{"host": host, "port": port} for host, port in list(found.items())[:OTHER_SERVERS]]
