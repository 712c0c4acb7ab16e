"""One plan for all looks that a case wants: each once, in order, inside budgets.

Pure: no network, no clock.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from bot.credentials import Ice, TurnServer
from knowledge.network_facts import Network
from knowledge.schema import Case, Wanted
from probes.model import Plan, Step, Target

# The user has given up by then: the JavaScript SDK closes a WebSocket that is not open after 5 s.
CAP: Final = 6.0  # seconds for everything

# When nothing at all gets through, no second layer starts, and all is over by then.
DARK: Final = 4.0  # seconds


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one look may take, and by when it has succeeded if it does. Seconds."""

    limit: float
    slow: float = 0.0  # succeeded by then although one packet was lost and sent again


# Each limit counts from the look's own start. A chain of looks that all succeed slowly leaves the whole limit
# to the look at its end (a test adds them up), so that "no answer" never means "no time left to look".
BUDGETS: Final[Mapping[str, Budget]] = {
    "route": Budget(0.5),  # routers that answer do so within a round trip
    "dns": Budget(2.0, slow=1.1),  # two tries, a second apart, as resolvers themselves do
    "tcp": Budget(3.0, slow=1.1),  # a SYN is sent again after 1 s, and again after 3 s: one loss is covered
    "tls": Budget(3.6, slow=1.1),  # the SDK's 5 s less what names and TCP may take before it
    "websocket": Budget(2.6),  # four round trips on a connection of its own, behind a TLS that was fine
    "http": Budget(3.6),
    "stun": Budget(0.7),  # datagrams at 0, 100, 300 and 700 ms (netcheck's cadence)
    "nat": Budget(0.7),
    "turn": Budget(3.0),  # five round trips at most over TLS, one loss covered
    "udp_media": Budget(3.0),  # an allocation, then three datagrams a port within 0.6 s
    "edges": Budget(3.0),  # one TCP handshake each, side by side
}
DEFAULT: Final = Budget(3.0)  # for a probe that this table does not know yet

# What must have succeeded on the same host before a look makes sense: its failure would only repeat theirs.
BEHIND: Final[Mapping[str, tuple[str, ...]]] = {
    "tcp": ("dns",),
    "tls": ("dns", "tcp"),
    "http": ("dns", "tcp"),
    "websocket": ("dns", "tcp", "tls"),
    "stun": ("dns",),
    "nat": ("dns",),
    "turn": ("dns",),
}

# The order in which TURN servers are tried for the media proof: what passes most firewalls first.
_WAYS: Final = ("tls", "tcp", "udp")


def make_plan(cases: Iterable[Case], network: Network, ice: Ice) -> Plan:
    """Every look that *cases* want on *network*, equal ones merged, with *ice* for those that need it."""
    wanted: dict[str, tuple[Wanted, Case]] = {}
    for case in cases:
        for look in chain.from_iterable(case.wanted.values()):
            wanted.setdefault(look.step, (look, case))
    looks = [look for look, _ in wanted.values()]
    steps = [_step(look, case, looks, network, ice) for look, case in wanted.values()]
    return Plan(tuple(steps), CAP, network.roots, network.proxy)


def _step(look: Wanted, case: Case, looks: list[Wanted], network: Network, ice: Ice) -> Step:
    turn = _servers(look, network, ice)
    return Step(
        id=look.step,
        probe=look.probe,
        target=look.target,
        budget=BUDGETS.get(look.probe, DEFAULT).limit,
        params={**look.params, **dict(_params(look, case, network, turn))},
        after=tuple(_before(look, looks, network)),
        secrets={"username": turn[0].username, "credential": turn[0].credential} if turn else {},
    )


def _before(look: Wanted, looks: list[Wanted], network: Network) -> Iterator[str]:
    """Name the looks at the same place that *look* comes after."""
    if look.params.get("proxy"):
        return  # the proxy looks names up and connects
    for probe in BEHIND.get(look.probe, ()):
        for other in looks:
            if other.probe != probe or other.target.host != look.target.host or other.params:
                continue
            known = probe == "dns" and is_known(other.target.host, network)
            if not known and (probe == "dns" or other.target.port == look.target.port):
                yield other.step


def is_known(host: str, network: Network) -> bool:
    """Whether *host* needs no DNS: it is an address, or the network file pins it."""
    if host in network.addresses:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _params(
    look: Wanted, case: Case, network: Network, turn: tuple[TurnServer, ...]
) -> Iterator[tuple[str, Any]]:
    """Yield what the network knows about this look, besides its target."""
    if look.target.host in network.addresses:
        yield "addresses", list(network.addresses[look.target.host])
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
            yield (
                "addresses",
                {
                    h: list(network.addresses[h])
                    for h in (look.target.host, *hosts.values())
                    if h in network.addresses
                },
            )
            yield "chosen", case.edge
            yield "allowed", list(network.allowed_edges)
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
    pinned = network.addresses.get(server.host)
    return {**place, "addresses": list(pinned)} if pinned else place


def _servers(look: Wanted, network: Network, ice: Ice) -> tuple[TurnServer, ...]:
    """Pick the TURN servers whose credentials this look may use, all with the same ones.

    Credentials go to the servers they were given for, and to other names of the same service.
    """
    if look.probe == "udp_media":
        fit = sorted(ice.servers, key=lambda server: _WAYS.index(server.transport))
    elif look.probe == "turn":
        hosts = {target.host for target in network.targets("turn", "", "every")}
        hosts |= {target.host for target in network.targets("turn", "", "roaming")}
        fit = [one for one in ice.servers if one.host == look.target.host]
        fit = fit or [one for one in ice.servers if {one.host, look.target.host} <= hosts]
    else:
        return ()
    return tuple(one for one in fit if (one.username, one.credential) == (fit[0].username, fit[0].credential))
