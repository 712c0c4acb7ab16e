"""The policy file of a relay: names, ranges and ports it may touch, and how much of it.

Pure but for `load_policy`. The file is the host's operator's; nothing that the hub says adds to it.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from probes.fields import Fields, WireError

Net: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

VERSION: Final = 1
SYSTEM: Final = "system"  # the resolvers of /etc/resolv.conf

# v6 addresses that lead to a v4 one: NAT64 (RFC 6052) and 6to4 (RFC 3056) carry it inside.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4: Final = ipaddress.IPv6Network("2002::/16")


# What is not public, as people write it in their own networks (RFC 6890), the ranges for examples among it.
_SPECIAL: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
            "fc00::/7", "fe80::/10", "::1/128", "2001:db8::/32",
        ),
    )
)  # fmt: skip


class PolicyError(ValueError):
    """The policy file is wrong; the message names the place."""


@dataclass(frozen=True, slots=True)
class Rule:
    """These names and ranges, on these ports, by these transports."""

    names: tuple[str, ...] = ()  # lower case; * stands for one label, or a part of one
    ranges: tuple[Net, ...] = ()
    ports: tuple[tuple[int, int], ...] = ()  # from, to
    transports: tuple[str, ...] = ("tcp", "udp")

    def carries(self, port: int, transport: str) -> bool:
        """Whether *port* of *transport* (tls is tcp) is among the rule's; port 0 asks for any."""
        fits = not port or any(low <= port <= high for low, high in self.ports)
        return fits and ("tcp" if transport == "tls" else transport) in self.transports

    def covers(self, address: Address) -> bool:
        """Whether *address* is in a range; one that is not public must be in a range that is not, either."""
        return any(address in net and (is_public(address) or _is_meant(net)) for net in self.ranges)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a relay does at most, whoever asks. One diagnosis sends some hundred packets in some seconds."""

    packets_per_second: int = 1_000
    concurrent_plans: int = 4
    plans_per_hour: int = 60  # for one requester
    plans_per_hour_in_all: int = 240
    steps: int = 400  # in one plan
    seconds: float = 30.0  # that one plan may take


@dataclass(frozen=True, slots=True)
class Policy:
    """What the file says."""

    allow: tuple[Rule, ...] = ()
    resolvers: tuple[str, ...] = (SYSTEM,)  # addresses besides the system's
    proxies: tuple[str, ...] = ()  # http://[user:password@]host:port
    limits: Limits = field(default_factory=Limits)

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
        wanted = _authority(url)
        return next((known for known in self.proxies if _authority(known) == wanted), "") if wanted else ""

    @property
    def own_proxy(self) -> str:
        """The proxy for plans that name none; "" where this host knows none."""
        return self.proxies[0] if self.proxies else ""

    def with_proxy(self, url: str) -> "Policy":
        """The same policy for a host that reaches its hub by the proxy *url*, which plans may then use as well."""
        return replace(self, proxies=(url, *self.proxies)) if _authority(url) else self

    def is_proxy(self, host: str, port: int = 0) -> bool:
        """Whether a proxy of the file's is at *host* (a name or an address), and on *port* if one is given."""
        places = (_authority(known).rpartition(":") for known in self.proxies)
        return any(place[0] == host.lower() and port in (0, int(place[2])) for place in places)


def is_public(address: Address) -> bool:
    """Whether *address* belongs to the Internet at large."""
    return address.is_global and not address.is_multicast


def read_address(text: str) -> Address | None:
    """The address that a packet to *text* reaches, v4 taken out of v6 where it is inside; None if it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _6TO4:
            return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address


def _is_meant(net: Net) -> bool:
    """Whether whoever wrote *net* meant addresses that are not public, and not the whole Internet."""
    return net.prefixlen == net.max_prefixlen or any(
        net.version == special.version and net.subnet_of(special)  # type: ignore[arg-type]  # same version
        for special in _SPECIAL
    )


def load_policy(path: Path) -> Policy:
    """Read the YAML file at *path*; `PolicyError`."""
    import yaml  # once, at the start; a relay that idles has no need of it

    try:
        return parse_policy(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError(f"{path}{f':{mark.line + 1}' if mark else ''}: this is not YAML") from None
    except WireError as error:
        raise PolicyError(f"{path}: {error}") from None


def parse_policy(value: object) -> Policy:
    """Read what the file holds; `WireError`."""
    fields = Fields({"resolvers": [SYSTEM], "proxies": [], "limits": {}, **_mapping(value)}, "policy")
    if fields.take("version") != VERSION:
        raise fields.error("version", f"only {VERSION} is understood here")
    policy = Policy(
        allow=fields.each("allow", _rule),
        resolvers=tuple(_resolver(one) for one in fields.texts("resolvers")),
        proxies=tuple(_proxy(one) for one in fields.texts("proxies")),
        limits=_limits(fields.take("limits")),
    )
    fields.end()
    return policy


def _rule(value: object, where: str) -> Rule:
    usual = {"names": [], "ranges": [], "transports": ["tcp", "udp"]}
    fields = Fields({**usual, **_mapping(value)}, where)
    rule = Rule(
        names=tuple(_name(one, where) for one in fields.texts("names")),
        ranges=tuple(_net(one, where) for one in fields.texts("ranges")),
        ports=tuple(_ports(one, where) for one in _list(fields.take("ports"))),
        transports=fields.texts("transports"),
    )
    fields.end()
    if not rule.ports or not set(rule.transports) <= {"tcp", "udp"}:
        raise WireError(f"{where}: needs ports, and transports among tcp and udp")
    return rule


def _name(text: str, where: str) -> str:
    name = text.rstrip(".").lower()
    if not name or not name.isascii() or set(name.replace(".", "")) <= {"*"} or read_address(name):
        raise WireError(f"{where}.names: “{text[:80]}” is no name, or stands for all of them")
    return name


def _net(text: str, where: str) -> Net:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise WireError(f"{where}.ranges: “{text[:80]}” is no range such as 192.0.2.0/24") from None


def _ports(value: object, where: str) -> tuple[int, int]:
    low, dash, high = str(value).partition("-")
    try:
        found = int(low), int(high if dash else low)
    except ValueError:
        found = 0, 0
    if not 1 <= found[0] <= found[1] <= 65535 or isinstance(value, bool):
        raise WireError(
            f"{where}.ports: “{str(value)[:40]}” is neither a port nor a span such as 10000-60000"
        )
    return found


def _resolver(text: str) -> str:
    address = None if text == SYSTEM else read_address(text)
    if text != SYSTEM and address is None:
        raise WireError(f"policy.resolvers: “{text[:80]}” is neither an address nor {SYSTEM}")
    return str(address) if address else text


def _proxy(text: str) -> str:
    if not _authority(text):
        raise WireError("policy.proxies: each must look like http://host:port")
    return text


@lru_cache(64)
def _authority(url: str) -> str:
    try:
        parts = urlsplit(url)
        return (
            f"{parts.hostname.lower()}:{parts.port or 80}"
            if parts.scheme == "http" and parts.hostname
            else ""
        )
    except ValueError:
        return ""


def _limits(value: object) -> Limits:
    usual = Limits()
    names = Limits.__slots__
    fields = Fields({**{name: getattr(usual, name) for name in names}, **_mapping(value)}, "policy.limits")
    found: dict[str, Any] = {name: fields.seconds(name) for name in names}
    fields.end()
    return Limits(**found)


def _matches(name: str, pattern: str) -> bool:
    """Label by label, so that * never stands for a dot."""
    labels, wanted = name.split("."), pattern.split(".")
    return len(labels) == len(wanted) and all(map(_fits, labels, wanted))


def _fits(label: str, wanted: str) -> bool:
    first, star, last = wanted.partition("*")
    if not star:
        return label == wanted
    return len(label) > len(first) + len(last) and label.startswith(first) and label.endswith(last)


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WireError("policy: must be a mapping")
    return value


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]
