"""Tell which addresses count as one where connections are limited."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address


def read_address(text: str) -> IPv4Address | IPv6Address:
    """Read an address, with or without a zone; one of IPv4 that is mapped into IPv6 is that of IPv4. ValueError."""
    known = ip_address(text.partition("%")[0])
    return (known.ipv4_mapped or known) if isinstance(known, IPv6Address) else known


def group_of(address: IPv4Address | IPv6Address) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of an IPv6 address."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)
