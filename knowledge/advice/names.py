"""Hosts, ports, ranges and edges for templates, for one platform and edge on one network.

Pure.
"""

from collections.abc import Iterable, Mapping

from knowledge.model.network import Network, Scope
from knowledge.model.schema import Knowledge
from knowledge.model.templates import written
from probes.protocol.model import Observation

# A firewall list is useful only if it is complete: lists are never cut.
_SEPARATOR = ", "


def names_for(
    knowledge: Knowledge,
    network: Network,
    platform: str,
    edge: str,
    observations: Iterable[Observation],
) -> dict[str, str]:
    """Every known name of `template_names.NAMES`; an empty *platform* means all platforms together."""
    known = tuple(observations)
    found = _places(network, platform, edge) | _turn(network, platform, edge) | _seen(network, known)
    found |= _rules(network, platform, edge)
    sdk = knowledge.platforms.get(platform)
    if sdk:
        found |= {"platform": sdk.title, "current_version": sdk.sdk.current}
    found["edge"] = edge or network.roaming
    found["allowed_edges"] = _SEPARATOR.join(network.allowed_edges)
    return {name: text for name, text in found.items() if text}


def _places(network: Network, platform: str, edge: str) -> dict[str, str]:
    low, high = network.media_ports
    chosen = network.targets("signaling", platform, "chosen", edge)
    return {
        "signaling_host": chosen[0].host if chosen else "",
        "chosen_hosts": _SEPARATOR.join(target.host for target in chosen),
        "signaling_hosts": _SEPARATOR.join(network.hosts("signaling", platform, edge)),
        "signaling_port": _ports(network, "signaling", platform),
        "registration_hosts": _SEPARATOR.join(network.hosts("registration", platform, edge)),
        "insights_hosts": _SEPARATOR.join(network.hosts("insights", platform, edge)),
        "legacy_hosts": _SEPARATOR.join(network.hosts("legacy-signaling", platform, edge)),
        "legacy_port": _ports(network, "legacy-signaling", platform),
        "media_ranges": _SEPARATOR.join(network.media_ranges),
        "media_ports": f"{low}-{high}",
    }


def _turn(network: Network, platform: str, edge: str) -> dict[str, str]:
    chosen = network.targets("turn", platform, "chosen", edge)
    services = [service for service in network.services_of("turn", platform) if service.status == "verified"]
    ranges = (item for ranges in _turn_ranges(network, edge).values() for item in ranges)
    return {
        "stun_hosts": _SEPARATOR.join(network.hosts("stun", platform, edge)),
        "turn_host": chosen[0].host if chosen else "",
        "turn_hosts": _SEPARATOR.join(dict.fromkeys(target.host for target in chosen)),
        "turn_ports": _SEPARATOR.join(f"{service.transport.upper()} {service.port}" for service in services),
        "turn_ranges": _SEPARATOR.join(ranges),
    }


def _rules(network: Network, platform: str, edge: str) -> dict[str, str]:
    """Firewall rules, one line per destination: direction, protocol and port, host or range."""
    of = {
        "signaling_rules": ("signaling",),
        "registration_rules": ("registration",),
        "insights_rules": ("insights",),
        "legacy_rules": ("legacy-signaling",),
        "tls_rules": ("signaling", "insights", "registration"),
        "turn_rules": ("turn",),
    }
    found = {name: _lines(network, services, platform, edge) for name, services in of.items()}
    low, high = network.media_ports
    media = (f"out  UDP {low}-{high}  {media_range}" for media_range in network.media_ranges)
    if found["turn_rules"] and (by_region := _turn_ranges(network, edge)):
        by_address = (f"#   {region}: {_SEPARATOR.join(ranges)}" for region, ranges in by_region.items())
        found["turn_rules"] += ("# or, for rules by address, the same ports to:", *by_address)
    return {name: "\n".join(lines) for name, lines in {**found, "media_rules": tuple(media)}.items()}


def _turn_ranges(network: Network, edge: str) -> Mapping[str, tuple[str, ...]]:
    """The ranges of the edge's own region, or all ranges."""
    region = network.edges[edge].region if edge in network.edges else ""
    return {region: network.turn_ranges[region]} if region in network.turn_ranges else network.turn_ranges


def _lines(network: Network, services: Iterable[str], platform: str, edge: str) -> tuple[str, ...]:
    # DNS may send a roaming client to any edge; TURN is selected by its own name, so that name is enough.
    targets = (
        target
        for service in services
        for scope in _scopes(network, service, edge)
        for target in network.targets(service, platform, scope, edge)
    )
    ports = {"tls": "TCP"}  # TLS uses TCP, and a firewall rule names TCP
    lines = (
        f"out  {ports.get(target.transport, target.transport.upper())} {target.port}  {target.host}"
        for target in targets
    )
    return tuple(dict.fromkeys(lines))


def _scopes(network: Network, service: str, edge: str) -> tuple[Scope, ...]:
    roams = edge in ("", network.roaming) and service in ("signaling", "legacy-signaling")
    return ("roaming", "every") if roams else ("chosen",)


def _ports(network: Network, service: str, platform: str) -> str:
    ports = (str(item.port) for item in network.services_of(service, platform))
    return _SEPARATOR.join(dict.fromkeys(ports))


def _seen(network: Network, observations: tuple[Observation, ...]) -> dict[str, str]:
    """The edges and the resolver that the run found."""
    facts: dict[str, Mapping[str, object]] = {}
    for observation in observations:
        if observation.has_result and observation.probe not in facts:
            facts[observation.probe] = observation.facts
    edges = facts.get("edges", {})
    return {
        "nearest_edge": _nearest(network, edges),
        "roaming_edge": written(edges.get("roaming_edge")),
        "resolver": written(facts.get("dns", {}).get("resolver")),
    }


def _nearest(network: Network, facts: Mapping[str, object]) -> str:
    """The nearest edge that is open and that the network allows."""
    nearest = written(facts.get("nearest_edge"))
    if not network.allowed_edges or nearest in network.allowed_edges:
        return nearest
    edges = facts.get("edges")
    times = {
        name: edge["ms"]
        for name, edge in (edges.items() if isinstance(edges, dict) else ())
        if name in network.allowed_edges
        and isinstance(edge, dict)
        and isinstance(edge.get("ms"), int | float)
    }
    return str(min(times, key=times.__getitem__)) if times else ""
