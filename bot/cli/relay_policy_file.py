"""Generate a relay's policy file: it allows the hosts and ports of the network file, and nothing else.

Pure: no network, no clock, no files. The file is written once, at installation. The hub cannot extend it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Any, Final

import yaml

from bot.diagnosis.ice_servers import turn_servers
from knowledge.model.network import Network
from probes.protocol.policy import SYSTEM
from probes.protocol.policy_file import VERSION

_HEAD: Final = """\
# What this relay may reach, for every requester: names, ranges, ports. Written from the network file "{network}" by
# `lineman relays policy`; you may narrow or widen it. A star matches one label. Private addresses are allowed
# only if a range of private addresses is listed here. docs/relays.md says more.
"""
_UNPRIVILEGED: Final = "1024-65535"  # of media and TURN servers; `route` sends to port 33434 there


def write_policy(network: Network) -> str:
    """Render the policy file, as YAML, for relays that check *network*."""
    policy = {
        "version": VERSION,
        "allow": [*_named(network), *_ranged(network)],
        "resolvers": [SYSTEM, *network.resolvers],
        "proxies": [network.proxy] if network.proxy else [],
    }
    text = yaml.safe_dump(policy, sort_keys=False, default_flow_style=None, width=110)
    return _HEAD.format(network=network.id) + text


def _named(network: Network) -> Iterator[dict[str, Any]]:
    """Group the hosts by the ports that clients use on them."""
    ports: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for host, port, transport in _places(network):
        ports[host].add((transport, port))
    groups: dict[frozenset[tuple[str, int]], list[str]] = defaultdict(list)
    for host, found in ports.items():
        groups[frozenset(found)].append(host)
    for group, hosts in groups.items():
        names = [host for host in hosts if not _is_address(host)]
        literals = sorted({item for host in hosts for item in _pinned(host, network)})
        for transport in sorted({transport for transport, _ in group}):
            rule: dict[str, Any] = {"names": list(names)} if names else {}
            rule |= {"ranges": list(literals)} if literals else {}
            yield rule | {
                "ports": sorted(port for item, port in group if item == transport),
                "transports": [transport],
            }


def _places(network: Network) -> Iterator[tuple[str, int, str]]:
    for service in network.services:
        transport = "tcp" if service.transport == "tls" else service.transport
        for host in service.hosts.values():
            yield host, service.port, transport
    for page in network.known_pages:
        yield page.host, page.port, "tcp"
        yield page.host, 443, "tcp"  # to ask a proxy for a host besides the service's
    for name in network.dns_checks.values():
        yield name, 53, "udp"
    for server in turn_servers(network.ice_servers, "ice_servers of the network file"):
        yield server.host, server.port, "tcp" if server.transport == "tls" else server.transport


def _ranged(network: Network) -> Iterator[dict[str, Any]]:
    turn = [item for ranges in network.turn_ranges.values() for item in ranges]
    yield {"ranges": [*network.media_ranges, *turn], "ports": [_UNPRIVILEGED], "transports": ["udp"]}
    if turn:
        yield {"ranges": list(turn), "ports": [443, 3478, 5349], "transports": ["tcp"]}


def _pinned(host: str, network: Network) -> Iterable[str]:
    """Return the addresses that need no DNS: those the file pins, or a literal address itself."""
    return [host] if _is_address(host) else network.addresses.get(host, ())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
