"""What a client must reach: hosts, ports, and ranges by platform and edge, as plain values.

Pure: no network, no clock, no files. `knowledge/loading/load_network.py` reads them from a file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from ipaddress import ip_network
from typing import Any, Final, Literal, TypeAlias

from probes.protocol.frozen import frozen
from probes.protocol.model import Target

Scope: TypeAlias = Literal["chosen", "roaming", "every"]
ALL: Final = "all"  # the key in `hosts` for every edge

# The first port of classic traceroute: no service answers there, but routers on the path do.
_ROUTE_PORT: Final = 33434
_HTTPS: Final = 443
_WITHOUT_HOST: Final = (
    "media",
    "route",
    "client-subnet",
    "known-page",
    "proxy-control",
    "local-network",
    "full-line",
)  # services described by other fields of the file
# If no host is listed for an edge, these are checked at the roaming host. Signaling never is,
# because the result would be that of another edge.
_FALL_BACK: Final = frozenset({"registration", "insights", "stun", "turn", "assets"})


@frozen
class Edge:
    """A location where clients enter the service's network. Coordinates in degrees, only to estimate distance."""

    id: str
    region: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    ranges: tuple[str, ...] = ()  # CIDR, where published
    sources: tuple[str, ...] = ()
    status: str = "verified"  # verified, partly or unverified


@frozen
class Service:
    """One service that a client connects to, on one port; `hosts` by edge, or one host under `all`."""

    id: str
    protocol: str
    transport: str
    port: int
    hosts: Mapping[str, str]
    platforms: tuple[str, ...] = ()  # empty: all
    path: str = ""
    sources: tuple[str, ...] = ()
    status: str = "verified"

    def serves(self, platform: str) -> bool:
        """Whether the SDK of *platform* uses this service; an empty *platform* means any."""
        return not platform or not self.platforms or platform in self.platforms


@frozen
class PushService:
    """Hosts of another company that bring incoming calls to phones. They are listed for firewalls, and never checked.

    A host may begin with `*.`. *ports* are first and last port of each range, over TCP.
    """

    id: str
    hosts: tuple[str, ...]
    ports: tuple[tuple[int, int], ...]
    platforms: tuple[str, ...]
    ranges: tuple[str, ...] = ()  # CIDR, where published
    sources: tuple[str, ...] = ()
    status: str = "verified"


@frozen
class IceServer:
    """A STUN or TURN server in WebRTC's format, with or without a credential."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)  # a secret


@frozen
class KnownPage:
    """A page over plain HTTP whose answer is known: anything else comes from a device on the path."""

    host: str
    port: int
    path: str
    status: int
    text: str = ""  # part of its content


@frozen
class Network:
    """The facts about the service to check; the fields are those of the network file."""

    id: str
    title: str
    roaming: str
    edges: Mapping[str, Edge]
    services: tuple[Service, ...]
    media_ranges: tuple[str, ...]
    media_ports: tuple[int, int]
    interconnect: Mapping[str, Edge] = field(default_factory=dict)
    turn_ranges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    allowed_edges: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    dns_checks: Mapping[str, str] = field(default_factory=dict)
    known_pages: tuple[KnownPage, ...] = ()
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    private_addresses: bool = False
    roots: tuple[str, ...] = ()  # PEM text
    proxy: str = ""
    ice_servers: tuple[IceServer, ...] = ()
    push: tuple[PushService, ...] = ()
    tokens_api: str = ""
    insights_api: str = ""  # of one call's data, without the Call SID
    alerts_api: str = ""
    status_feed: str = ""  # address of the JSON of the service's status page; none is read without one
    quality: Mapping[str, Any] = field(
        default_factory=dict
    )  # rtt_ms, jitter_ms, loss_percent, mos, kbps {codec}, fill, loaded_rtt_ms
    checked: str = ""  # YYYY-MM-DD
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def edge_names(self) -> tuple[str, ...]:
        """Every edge that can be chosen, roaming first."""
        return (self.roaming, *self.edges, *self.interconnect)

    @property
    def service_names(self) -> tuple[str, ...]:
        """Every service that a question can ask about."""
        return tuple(dict.fromkeys((*(service.id for service in self.services), *_WITHOUT_HOST)))

    def targets(
        self, service: str, platform: str, scope: Scope = "chosen", chosen: str = ""
    ) -> tuple[Target, ...]:
        """Return the targets of *service* at the *chosen* edge ("": roaming), at roaming, or at every edge.

        `media` and `route` are one IP address of the media range each; `client-subnet` is the name that shows
        whether a resolver forwards the client's subnet. `known-page` are hosts of pages with a known answer,
        and `proxy-control` are the same hosts for a comparison through the proxy. `local-network` has no host: the
        check finds out by itself where to look. `full-line` is the TURN server to which the line may be filled.
        Interconnect edges are checked only when chosen. Each target is listed once; the tuple is empty when
        none is known.
        """
        if service == "media":
            return (Target("media", self._media_address(), self.media_ports[0], "udp"),)
        if service == "client-subnet":
            name = self.dns_checks.get("client_subnet")
            return (Target(service, name, 53, "udp"),) if name else ()
        if service == "known-page":
            return tuple(Target(service, page.host, page.port, "tcp") for page in self.known_pages)
        if service == "proxy-control":
            return tuple(Target(service, page.host, _HTTPS, "tcp") for page in self.known_pages)
        if service == "local-network":
            return (Target(service),)
        if service == "full-line":
            return self._fillable()
        if service == "route":
            return (Target("route", self._media_address(), _ROUTE_PORT, "udp"),)
        found = (
            Target(item.id, host, item.port, item.transport, edge)
            for item in self.services_of(service, platform)
            for edge, host in self._hosts(item, scope, chosen or self.roaming)
        )
        return tuple(dict.fromkeys(found))

    def services_of(self, service: str, platform: str) -> tuple[Service, ...]:
        """List the entries for *service* that *platform* uses, in the order of the file."""
        return tuple(item for item in self.services if item.id == service and item.serves(platform))

    def push_of(self, platform: str) -> tuple[PushService, ...]:
        """List the push services that bring calls to *platform*."""
        return tuple(item for item in self.push if platform in item.platforms)

    def hosts(self, service: str, platform: str, edge: str = "") -> tuple[str, ...]:
        """List the hosts that a firewall must allow; for roaming, its own host and those of every edge."""
        looks: tuple[Scope, ...] = ("chosen",)
        if not edge or edge == self.roaming:
            looks = ("roaming", "every")
        found = (target.host for scope in looks for target in self.targets(service, platform, scope, edge))
        return tuple(dict.fromkeys(found))

    def edge_hosts(self, platform: str) -> dict[str, str]:
        """Return the signaling host of each edge, without interconnect edges."""
        return {target.edge: target.host for target in self.targets("signaling", platform, "every")}

    def _hosts(self, service: Service, scope: Scope, chosen: str) -> Iterator[tuple[str, str]]:
        wanted = {"chosen": (chosen,), "roaming": (self.roaming,), "every": tuple(self.edges)}[scope]
        for edge in wanted:
            if edge in service.hosts:
                yield edge, service.hosts[edge]
            elif ALL in service.hosts:
                # One host for all edges: it belongs to none, and is one target for any number of edges.
                yield "", service.hosts[ALL]
            elif service.id in _FALL_BACK and scope == "chosen" and self.roaming in service.hosts:
                yield self.roaming, service.hosts[self.roaming]

    def _fillable(self) -> tuple[Target, ...]:
        """The first TURN server over TCP or TLS, if the file allows to fill the line."""
        ways = self.targets("turn", "", "roaming") if self.quality.get("fill") else ()
        return tuple(replace(way, service="full-line") for way in ways if way.transport != "udp")[:1]

    def _media_address(self) -> str:
        net = ip_network(self.media_ranges[0])
        return str(next(iter(net.hosts()), net.network_address))
