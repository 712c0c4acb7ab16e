"""What a firewall must allow for one platform and edge: hosts, ports and ranges, each with its source.

Pure: no network, no clock. Keeps host names; callers that need addresses pass them in.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from knowledge.model.network import Network, Scope

# The purpose of each service for a firewall comment, in the order of the list.
PURPOSES: Final = {
    "signaling": "signaling of calls",
    "legacy-signaling": "signaling of SDKs before 3.0",
    "registration": "registration for incoming calls",
    "insights": "call reports",
    "home-insights": "call reports, where the token names a home region",
    "assets": "the SDK's sounds and files",
    "media": "call audio, both directions in one flow",
    "stun": "STUN, together with TURN",
    "turn": "TURN, the relay for audio",
}
# The same for other companies' services, which are listed last.
PUSH_PURPOSES: Final = {
    "apns": "incoming calls: push notifications of Apple (APNs)",
    "fcm": "incoming calls: push notifications of Google (FCM)",
}
_CHANGES_OFTEN: Final = (
    "The addresses of Google's push service (FCM) change often. If the firewall takes only addresses, allow its ports "
    "to any address, as Google recommends."
)
_ROAMS: Final = frozenset(
    {"signaling", "legacy-signaling"}
)  # where DNS may send a roaming client to any edge
_LEGACY: Final = frozenset({"legacy-signaling"})  # for old SDKs only
_BY_RANGE: Final = frozenset({"stun", "turn"})  # services with published addresses
_IPV4: Final = (
    "IPv4 only. If clients also have IPv6, reject their IPv6 to these hosts with a reset instead "
    "of dropping it, so that they use IPv4 at once. If they have only IPv6, they need NAT64."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One destination to allow: a host or ranges, and one port or a range of ports."""

    service: str
    transport: str  # tcp or udp
    ports: tuple[int, int]  # equal for one port
    host: str = ""
    ranges: tuple[str, ...] = ()  # CIDR; for a host, if its addresses are published or were looked up
    sources: tuple[str, ...] = ()
    status: str = "verified"

    @property
    def purpose(self) -> str:
        """What the entry is for."""
        return PURPOSES.get(self.service) or PUSH_PURPOSES.get(self.service, self.service)

    @property
    def doubt(self) -> str:
        """What to say where a fact is not wholly verified."""
        return {"verified": "", "partly": "partly verified"}.get(self.status, "not verified")

    @property
    def place(self) -> str:
        """The destination, for people."""
        return self.host or ", ".join(self.ranges)

    @property
    def objects(self) -> tuple[str, ...]:
        """The destinations for a firewall that takes names: the name, or the ranges if the name has a wildcard."""
        return (self.host,) if self.host and "*" not in self.host else self.ranges

    def port(self, between: str = "-") -> str:
        """Write the port, or the range with *between* in the middle."""
        low, high = self.ports
        return str(low) if low == high else f"{low}{between}{high}"


@dataclass(frozen=True, slots=True)
class AllowList:
    """Everything that one client needs, with the sources."""

    title: str  # of the network
    platform: str
    edge: str
    turn: bool
    checked: str  # YYYY-MM-DD, when the facts were checked against their sources
    entries: tuple[Entry, ...]
    sources: Mapping[str, str]  # by key: title and address of the sources that the entries use
    legacy: bool = False  # for an SDK before 3.0, which uses its own signaling port

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts to look up, each once."""
        return tuple(dict.fromkeys(entry.host for entry in self.entries if entry.host and not entry.ranges))

    @property
    def rules(self) -> tuple[tuple[Entry, ...], ...]:
        """Entries by rule: those with the same ranges, ports and transport share one rule.

        A redundant rule could be lost without anybody noticing.
        """
        found: dict[tuple[object, ...], list[Entry]] = {}
        for entry in self.entries:
            if entry.ranges:
                found.setdefault((entry.transport, entry.ports, frozenset(entry.ranges)), []).append(entry)
        return tuple(tuple(group) for group in found.values())

    @property
    def by_port(self) -> tuple[tuple[Entry, ...], ...]:
        """Entries by transport and ports, for firewalls whose rules take several destinations."""
        found: dict[tuple[object, ...], list[Entry]] = {}
        for entry in self.entries:
            found.setdefault((entry.transport, entry.ports), []).append(entry)
        return tuple(tuple(group) for group in found.values())

    def head(self) -> tuple[str, ...]:
        """List the lines at the top of every format."""
        return (*self.notes(), *(f"{key}: {what}" for key, what in self.sources.items()))

    def notes(self) -> tuple[str, ...]:
        """List the sentences about the whole list, without its sources."""
        turn = "with TURN" if self.turn else "without TURN"
        sdk = ", SDK before 3.0" if self.legacy else ""
        v6 = any(":" in item for entry in self.entries for item in entry.ranges)
        return (
            f"What {self.title} needs on {self.platform}{sdk}, edge {self.edge}, {turn}.",
            (
                f"Facts as of {self.checked or 'unknown date'}. Outgoing only; allow the return "
                "traffic of these flows."
            ),
            *(() if v6 else (_IPV4,)),
            *((_CHANGES_OFTEN,) if any(e.service == "fcm" and e.ranges for e in self.entries) else ()),
        )

    def with_addresses(self, found: Mapping[str, tuple[str, ...]]) -> "AllowList":
        """A copy with the addresses *found* for its names; each address is one range."""
        entries = (
            replace(entry, ranges=tuple(found[entry.host]))
            if entry.host in found and not entry.ranges
            else entry
            for entry in self.entries
        )
        return replace(self, entries=tuple(entries))


def make_list(
    network: Network, platform: str, edge: str = "", *, turn: bool = False, legacy: bool = False
) -> AllowList:
    """Collect what *platform* needs at *edge* (empty: roaming, which needs every edge).

    *legacy* adds the port of SDKs before 3.0. The current port stays, so that an app update needs no new
    list.
    """
    edge = edge or network.roaming
    legacy = legacy and bool(network.services_of("legacy-signaling", platform))
    optional = {*(_BY_RANGE if turn else ()), *(_LEGACY if legacy else ())}
    entries = tuple(dict.fromkeys(_entries(network, platform, edge, optional)))
    used = {key for entry in entries for key in entry.sources}
    return AllowList(
        title=network.title,
        platform=platform,
        edge=edge,
        turn=turn,
        legacy=legacy,
        checked=network.checked,
        entries=entries,
        sources={key: what for key, what in network.sources.items() if key in used},
    )


def _entries(network: Network, platform: str, edge: str, optional: Collection[str]) -> Iterator[Entry]:
    for service in PURPOSES:
        if service == "media":
            signaling = network.services_of("signaling", platform)
            sources = signaling[0].sources if signaling else ()
            yield Entry("media", "udp", network.media_ports, "", network.media_ranges, sources[:1])
        elif service in optional or service not in _BY_RANGE | _LEGACY:
            yield from _of_service(network, service, platform, edge)
    yield from _of_push(network, platform)


def _of_push(network: Network, platform: str) -> Iterator[Entry]:
    """List the hosts of other companies that bring incoming calls to a phone."""
    for push in network.push_of(platform):
        for host in push.hosts:
            for ports in push.ports:
                yield Entry(push.id, "tcp", ports, host, push.ranges, push.sources, push.status)


def _of_service(network: Network, service: str, platform: str, edge: str) -> Iterator[Entry]:
    roams = service in _ROAMS and edge == network.roaming
    scopes: Iterable[Scope] = ("roaming", "every") if roams else ("chosen",)
    facts = {(item.transport, item.port): item for item in reversed(network.services_of(service, platform))}
    for scope in scopes:
        for target in network.targets(service, platform, scope, edge):
            entry = facts[target.transport, target.port]
            if target.transport == "tls":  # uses TCP, and the same port is listed as TCP
                continue
            yield Entry(
                service,
                target.transport,
                (target.port, target.port),
                target.host,
                _ranges(network, edge) if service in _BY_RANGE else (),
                entry.sources,
                entry.status,
            )


def _ranges(network: Network, edge: str) -> tuple[str, ...]:
    """The published ranges of STUN and TURN: those of the edge's region, or all."""
    region = network.edges[edge].region if edge in network.edges else ""
    if region in network.turn_ranges:
        return network.turn_ranges[region]
    return tuple(item for ranges in network.turn_ranges.values() for item in ranges)
