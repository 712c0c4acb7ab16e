"""What a relay may touch: names, ranges and ports, and how much of it.

Pure. `probes.protocol.policy_file` reads it from the file of the host's operator; nothing that the hub says adds to it.
"""

from dataclasses import field, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from probes.protocol.frozen import frozen
from probes.protocol.special_addresses import (
    IpAddress,
    IpNetwork,
    embedded_ipv4,
    is_metadata,
    is_public,
    is_special_range,
    read_address,
)

SYSTEM: Final = "system"  # the resolvers of /etc/resolv.conf


@frozen
class PolicyRule:
    """These names and ranges, on these ports, by these transports."""

    names: tuple[str, ...] = ()  # lower case; * stands for one label, or a part of one
    ranges: tuple[IpNetwork, ...] = ()
    ports: tuple[tuple[int, int], ...] = ()  # from, to
    transports: tuple[str, ...] = ("tcp", "udp")

    def carries(self, port: int, transport: str) -> bool:
        """Whether *port* of *transport* (tls is tcp) is among the rule's; port 0 asks for any."""
        fits = not port or any(low <= port <= high for low, high in self.ports)
        return fits and ("tcp" if transport == "tls" else transport) in self.transports

    def covers(self, address: IpAddress) -> bool:
        """Whether *address* is in a range; one that is not public must be in a range that names it explicitly."""
        return any(
            address in net and (is_public(address) or self._names_special(net, address))
            for net in self.ranges
        )

    def _names_special(self, net: IpNetwork, address: IpAddress) -> bool:
        """Whether *net* is this special *address* alone, or special as a whole and does not lead past the ranges.

        A metadata service has to be named alone: 100.64.0.0/10 or 169.254.0.0/16 do not open one by accident.
        """
        return net.prefixlen == net.max_prefixlen or (
            is_special_range(net)
            and not is_metadata(address)
            and all(is_public(inside) or self.covers(inside) for inside in embedded_ipv4(address))
        )


@frozen
class RelayLimits:
    """The most that a relay does for all requesters. One diagnosis sends some hundred packets in some seconds."""

    packets_per_second: int = 1_000
    concurrent_plans: int = 4
    plans_per_hour: int = 60  # for one requester
    plans_per_hour_in_all: int = 240
    steps: int = 400  # in one plan
    seconds: float = 30.0  # that one plan may take
    fill_bytes: int = 0  # that one plan may send to fill the line; 0: not allowed


@frozen
class Policy:
    """What the file says."""

    allow: tuple[PolicyRule, ...] = ()
    resolvers: tuple[str, ...] = (SYSTEM,)  # addresses besides the system's
    proxies: tuple[str, ...] = ()  # http://[user:password@]host:port
    limits: RelayLimits = field(default_factory=RelayLimits)

    def allows_name(self, name: str, port: int = 0, transport: str = "") -> bool:
        """Whether *name* may be looked up, and (with a port) talked to if it is no private address."""
        name = name.rstrip(".").lower()
        rules = (rule for rule in self.allow if not transport or rule.carries(port, transport))
        return any(_matches(name, pattern) for rule in rules for pattern in rule.names)

    def allows_address(self, address: str, port: int, transport: str) -> bool:
        """Whether *address* is in a range that may be talked to on *port*."""
        real = read_address(address)
        return real is not None and any(
            rule.covers(real) for rule in self.allow if rule.carries(port, transport)
        )

    def proxy(self, url: str) -> str:
        """The full address of the proxy that *url* means, credentials included; "" where it is not allowed."""
        wanted = authority(url)
        return next((known for known in self.proxies if authority(known) == wanted), "") if wanted else ""

    @property
    def own_proxy(self) -> str:
        """The proxy for plans that name none; "" where this host knows none."""
        return self.proxies[0] if self.proxies else ""

    def with_proxy(self, url: str) -> "Policy":
        """The same policy for a host that reaches its hub by the proxy *url*, which plans may then use as well."""
        return replace(self, proxies=(url, *self.proxies)) if authority(url) else self

    def is_proxy(self, host: str, port: int = 0) -> bool:
        """Whether a proxy of the file's is at *host* (a name or an address), and on *port* if one is given."""
        places = (authority(known).rpartition(":") for known in self.proxies)
        return any(place[0] == host.lower() and port in (0, int(place[2])) for place in places)


@lru_cache(64)
def authority(url: str) -> str:
    """Give `host:port` of a proxy's *url*; "" where it is none."""
    try:
        parts = urlsplit(url)
        return (
            f"{parts.hostname.lower()}:{parts.port or 80}"
            if parts.scheme == "http" and parts.hostname
            else ""
        )
    except ValueError:
        return ""


def _matches(name: str, pattern: str) -> bool:
    """Label by label, so that * never matches a dot."""
    labels, wanted = name.split("."), pattern.split(".")
    return len(labels) == len(wanted) and all(map(_fits, labels, wanted))


def _fits(label: str, wanted: str) -> bool:
    first, star, last = wanted.partition("*")
    if not star:
        return label == wanted
    return len(label) > len(first) + len(last) and label.startswith(first) and label.endswith(last)
