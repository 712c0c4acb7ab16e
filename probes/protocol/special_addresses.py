"""Addresses with a special purpose: no public service has one, even if DNS says so. Pure.

The table is Lineman's own, because the one of Python's `ipaddress` differs from version to version. Here an address is
special if any registry lists it, also where the registry calls it globally reachable: what is listed are servers of
one's own network (anycast) and identifiers.
"""

import ipaddress
from typing import Final, TypeAlias

IpNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

COPIED: Final = "2026-07-18"  # the state of the two registries below
IANA_IPV4: Final = (
    "https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry-1.csv"
)
IANA_IPV6: Final = (
    "https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry-1.csv"
)

# Block, purpose, source. Blocks inside one with the same fate are left out.
_IPV4: Final = (
    ("0.0.0.0/8", "this network", "RFC 791"),
    ("10.0.0.0/8", "private use", "RFC 1918"),
    ("100.64.0.0/10", "shared address space", "RFC 6598"),
    ("127.0.0.0/8", "loopback", "RFC 1122"),
    ("169.254.0.0/16", "link local", "RFC 3927"),
    ("172.16.0.0/12", "private use", "RFC 1918"),
    ("192.0.0.0/24", "IETF protocol assignments", "RFC 6890"),
    ("192.0.2.0/24", "documentation", "RFC 5737"),
    ("192.31.196.0/24", "AS112", "RFC 7535"),
    ("192.52.193.0/24", "AMT", "RFC 7450"),
    ("192.88.99.0/24", "6to4 relay anycast", "RFC 7526"),
    ("192.168.0.0/16", "private use", "RFC 1918"),
    ("192.175.48.0/24", "AS112", "RFC 7534"),
    ("198.18.0.0/15", "benchmarking", "RFC 2544"),
    ("198.51.100.0/24", "documentation", "RFC 5737"),
    ("203.0.113.0/24", "documentation", "RFC 5737"),
    ("240.0.0.0/4", "reserved, and broadcast", "RFC 1112"),
    ("224.0.0.0/4", "multicast", "RFC 5771"),
)
_IPV6: Final = (
    ("::/96", "unspecified, loopback, and IPv4-compatible", "RFC 4291"),
    ("::ffff:0:0/96", "IPv4-mapped", "RFC 4291"),
    ("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765"),
    ("64:ff9b::/96", "NAT64", "RFC 6052"),
    ("64:ff9b:1::/48", "NAT64, local use", "RFC 8215"),
    ("100::/64", "discard only", "RFC 6666"),
    ("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    ("2001::/23", "IETF protocol assignments, with Teredo", "RFC 2928"),
    ("2001:db8::/32", "documentation", "RFC 3849"),
    ("2002::/16", "6to4", "RFC 3056"),
    ("2620:4f:8000::/48", "AS112", "RFC 7534"),
    ("3fff::/20", "documentation", "RFC 9637"),
    ("5f00::/16", "segment routing", "RFC 9602"),
    ("fc00::/7", "unique local", "RFC 4193"),
    ("fe80::/10", "link local", "RFC 4291"),
    ("fec0::/10", "site local", "RFC 3879"),
    ("ff00::/8", "multicast", "RFC 4291"),
)
# Where clouds answer each of their machines: credentials, user data, DNS. Source: each vendor's documentation.
_METADATA: Final = (
    ("169.254.169.254/32", "AWS, Azure, Google Cloud, DigitalOcean, OpenStack, and others"),
    ("169.254.169.253/32", "AWS, DNS"),
    ("169.254.169.123/32", "AWS, time"),
    ("169.254.170.2/32", "AWS, credentials of containers"),
    ("169.254.170.23/32", "AWS, credentials of pods"),
    ("169.254.0.23/32", "Tencent Cloud"),
    ("169.254.42.42/32", "Scaleway"),
    ("168.63.129.16/32", "Azure, in public address space"),
    ("100.100.100.200/32", "Alibaba Cloud"),
    ("192.0.0.192/32", "Oracle Cloud"),
    ("fd00:ec2::/32", "AWS"),
    ("fd20:ce::254/128", "Google Cloud"),
    ("fd00:42::42/128", "Scaleway"),
)
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # RFC 4291; IANA has allocated nothing else for it

SPECIAL: Final[tuple[IpNetwork, ...]] = tuple(ipaddress.ip_network(block) for block, *_ in (*_IPV4, *_IPV6))
METADATA: Final[tuple[IpNetwork, ...]] = tuple(ipaddress.ip_network(block) for block, _ in _METADATA)

_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4: Final = ipaddress.IPv6Network("2002::/16")
_TEREDO: Final = ipaddress.IPv6Network("2001::/32")
# The last 32 bits are the IPv4 address; of NAT64 for local use, that is the layout with a prefix of 96 bits.
_IPV4_LAST: Final = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48")))


def read_address(text: str) -> IpAddress | None:
    """The address that a packet to *text* reaches, IPv4 for the mapped and the NAT64 form; None if it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        if address in _MAPPED or address in _NAT64:
            return _ipv4(int(address))
    return address


def is_public(address: IpAddress) -> bool:
    """Whether *address* (of `read_address`) may belong to a public service."""
    return (
        (address.version == 4 or address in _GLOBAL_UNICAST)
        and not any(address in block for block in SPECIAL)
        and not any(address in block for block in METADATA)
    )


def is_special_range(net: IpNetwork) -> bool:
    """Whether all of *net* has a special purpose, so that the person who wrote it intended such addresses."""
    return any(
        net.version == block.version and net.subnet_of(block)  # type: ignore[arg-type]  # same version
        for block in SPECIAL
    )


def is_metadata(address: IpAddress) -> bool:
    """Whether *address* is a cloud's metadata service, or an IPv6 form of one."""
    reached = (address, *embedded_ipv4(address))
    return any(item in block for item in reached for block in METADATA)


def embedded_ipv4(address: IpAddress) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses that a special IPv6 *address* (of `read_address`) leads to; of Teredo, server and client."""
    number = int(address)
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    if address in _6TO4:
        return (_ipv4(number >> 80),)
    if address in _TEREDO:
        return _ipv4(number >> 64), _ipv4(~number)
    return (_ipv4(number),) if any(address in block for block in _IPV4_LAST) else ()


def _ipv4(number: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(number & 0xFFFFFFFF)
