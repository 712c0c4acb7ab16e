"""Tell IPv4, IPv6 and host names apart."""

import ipaddress
import socket


def is_address(host: str) -> bool:
    """Whether *host* is a literal IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def split_families(addresses: "tuple[str, ...] | list[str]") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split *addresses* into IPv4 and IPv6, keeping their order."""
    v4 = tuple(address for address in addresses if ":" not in address)
    return v4, tuple(address for address in addresses if ":" in address)


def family_of(address: str) -> socket.AddressFamily:
    """The socket family of a literal *address*."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET
