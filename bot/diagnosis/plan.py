"""One plan for all looks that a case wants: each once, in order, inside budgets.

Pure: no network, no clock.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from bot.diagnosis.budgets import BUDGETS, CAP, DEFAULT
from bot.diagnosis.ice_servers import IceServers, TurnServer
from knowledge.model.network import Network
from knowledge.model.schema import CaseModel, ProbeSpec
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan, Step, Target

# What must have succeeded on the same host before a look makes sense: its failure would only repeat theirs.
BEHIND: Final[Mapping[str, tuple[str, ...]]] = {
    "tcp": ("dns",),
    "tls": ("dns", "tcp"),
    "http": ("dns", "tcp"),
    "websocket": ("dns", "tcp"),  # not tls: behind an intercepted session it still tells something
    "stun": ("dns",),
    "nat": ("dns",),
    "turn": ("dns",),
}

# One would do; the second is for when the first is silent.
OTHER_SERVERS: Final = 2

# The order in which TURN servers are tried for the media proof: what passes most firewalls first.
_WAYS: Final = ("tls", "tcp", "udp")


def make_plan(cases: Iterable[CaseModel], network: Network, ice: IceServers) -> Plan:
    """Every look that *cases* want on *network*, equal ones merged, with *ice* for those that need it."""
    wanted: dict[str, tuple[ProbeSpec, CaseModel]] = {}
    for case in cases:
        for look in chain.from_iterable(case.probes.values()):
            if _known(look, network, ice) is None:
                wanted.setdefault(look.step, (look, case))
    looks = [look for look, _ in wanted.values()]
    steps = [_step(look, case, looks, network, ice) for look, case in wanted.values()]
    return Plan(tuple(steps), CAP, network.roots, network.proxy)


def observe_known(cases: Iterable[CaseModel], network: Network, ice: IceServers) -> dict[str, Observation]:
    """Give the observations that need no probe, for the looks that `make_plan` leaves out."""
    looks = chain.from_iterable(chain.from_iterable(case.probes.values()) for case in cases)
    known = (_known(look, network, ice) for look in looks)
    return {observation.step: observation for observation in known if observation}


def _step(
    look: ProbeSpec, case: CaseModel, looks: list[ProbeSpec], network: Network, ice: IceServers
) -> Step:
    turn = _servers(look, network, ice)
    return Step(
        id=look.step,
        probe=look.probe,
        target=look.target,
        budget=BUDGETS.get(look.probe, DEFAULT).limit,
        params={**look.params, **dict(_params(look, case, network, turn))},
        after=tuple(_before(look, looks)),
        secrets={"username": turn[0].username, "credential": turn[0].credential} if turn else {},
    )


def _before(look: ProbeSpec, looks: Iterable[ProbeSpec]) -> Iterator[str]:
    """Name the looks at the same place that *look* comes after."""
    if look.params.get("proxy"):
        return  # the proxy looks names up and connects
    for probe in BEHIND.get(look.probe, ()):
        for other in looks:
            same = other.probe == probe and other.target.host == look.target.host and not other.params
            if same and (probe == "dns" or other.target.port == look.target.port):
                yield other.step


def _known(look: ProbeSpec, network: Network, ice: IceServers) -> Observation | None:
    """Tell what is known without a probe: an address, a pinned name, or that no media proof is possible."""
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
    """Give the addresses of *host* that need no DNS: those the network file pins, or itself."""
    if host in network.addresses:
        return list(network.addresses[host])
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return []


def _params(
    look: ProbeSpec, case: CaseModel, network: Network, turn: tuple[TurnServer, ...]
) -> Iterator[tuple[str, Any]]:
    """Yield what the network knows about this look, besides its target."""
    if known := addresses_known(look.target.host, network):
        yield "addresses", known
    match look.probe:
        case "dns":
            if network.private_addresses:
                yield "private_ok", True
        case "websocket" | "http":
            if "path" not in look.params:
                yield "path", _path(look.target, case.platform, network)
        case "edges":
            hosts = network.edge_hosts(case.platform)
            yield "hosts", hosts
            pinned = {host: addresses_known(host, network) for host in (look.target.host, *hosts.values())}
            yield "addresses", {host: known for host, known in pinned.items() if known}
            yield "chosen", case.edge
            yield "allowed", list(network.allowed_edges)
        case "nat":
            yield "servers", _other_servers(look.target, network)
        case "udp_media":
            yield "turn", [_endpoint(server, network) for server in turn]
            yield "ranges", list(network.media_ranges)
            yield "ports", list(network.media_ports)


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
    """Find further servers to compare mappings with: a NAT is told by two addresses asked from one port."""
    others = chain.from_iterable(network.targets(service, "", "every") for service in ("stun", "turn"))
    found = {
        other.host: other.port for other in others if other.transport == "udp" and other.host != target.host
    }
    return [{"host": host, "port": port} for host, port in list(found.items())[:OTHER_SERVERS]]


def _servers(look: ProbeSpec, network: Network, ice: IceServers) -> tuple[TurnServer, ...]:
    """Pick the TURN servers whose credentials this look may use, all with the same ones.

    Credentials go to the servers they were given for, and to other names of the same service.
    """
    if look.probe == "udp_media":
        fit = sorted(ice.servers, key=lambda server: _WAYS.index(server.transport))
    elif look.probe == "turn":
        hosts = {target.host for target in network.targets("turn", "", "every")}
        hosts |= {target.host for target in network.targets("turn", "", "roaming")}
        fit = [turn_server for turn_server in ice.servers if turn_server.host == look.target.host]
        fit = fit or [
            turn_server for turn_server in ice.servers if {turn_server.host, look.target.host} <= hosts
        ]
    else:
        return ()
    return tuple(
        turn_server
        for turn_server in fit
        if (turn_server.username, turn_server.credential) == (fit[0].username, fit[0].credential)
    )
