"""IPv4 addresses inside IPv6 ones, as NAT64 translates them (RFC 6052), and its prefix from DNS64 (RFC 7050).

Pure.
"""

from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from typing import Final

# Exists in IPv4 only, at two known addresses (RFC 7050 section 8). An IPv6 address for it comes from DNS64.
IPV4_ONLY: Final = "ipv4only.arpa"
_KNOWN: Final = tuple(IPv4Address(text).packed for text in ("192.0.0.170", "192.0.0.171"))

# Where the four bytes of the IPv4 address are, by the length of the prefix. Byte 8 is always 0.
_PLACES: Final = {
    96: (12, 13, 14, 15),
    64: (9, 10, 11, 12),
    56: (7, 9, 10, 11),
    48: (6, 7, 9, 10),
    40: (5, 6, 7, 9),
    32: (4, 5, 6, 7),
}


def prefix_in(addresses: Iterable[str]) -> IPv6Network | None:
    """The NAT64 prefix in *addresses*, the IPv6 addresses of IPV4_ONLY; None if they contain none."""
    for text in addresses:
        try:
            packed = IPv6Address(text).packed
        except AddressValueError:
            continue
        for length, places in _PLACES.items():
            if bytes(packed[place] for place in places) in _KNOWN:
                return IPv6Network((packed, length), strict=False)
    return None


def embed(prefix: IPv6Network, address: str) -> str:
    """The IPv6 address by which NAT64 with *prefix* reaches the IPv4 *address*."""
    packed = bytearray(prefix.network_address.packed)
    for place, byte in zip(_PLACES[prefix.prefixlen], IPv4Address(address).packed, strict=True):
        packed[place] = byte
    return str(IPv6Address(bytes(packed)))
