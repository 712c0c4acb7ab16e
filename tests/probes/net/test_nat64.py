"""IPv4 addresses inside IPv6 ones, against the tables of RFC 6052 and RFC 7050."""

from ipaddress import IPv6Network

import pytest

from probes.net.nat64 import embed, prefix_in

# RFC 6052 section 2.4: 192.0.2.33 with each length of prefix.
TABLE = [
    ("2001:db8::/32", "2001:db8:c000:221::"),
    ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
    ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
    ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
    ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100:0"),
    ("2001:db8:122:344::/96", "2001:db8:122:344::c000:221"),
    ("64:ff9b::/96", "64:ff9b::c000:221"),
]


@pytest.mark.parametrize(("prefix", "address"), TABLE)
def test_addresses_are_those_of_the_table(prefix: str, address: str) -> None:
    """Each length of prefix puts the four bytes where RFC 6052 has them."""
    assert embed(IPv6Network(prefix), "192.0.2.33") == str(IPv6Network(address).network_address)


@pytest.mark.parametrize("known", ["192.0.0.170", "192.0.0.171"])
@pytest.mark.parametrize("prefix", [prefix for prefix, _ in TABLE])
def test_prefix_is_found_in_what_dns64_makes_of_the_name(prefix: str, known: str) -> None:
    """Either of the two addresses of ipv4only.arpa shows the prefix."""
    assert prefix_in(["2001:db8:9::1", embed(IPv6Network(prefix), known)]) == IPv6Network(prefix)


@pytest.mark.parametrize(
    "addresses", [[], ["2001:db8::1"], ["64:ff9b::c000:ac"], ["192.0.0.170"], ["nonsense"]]
)
def test_other_addresses_show_no_prefix(addresses: list[str]) -> None:
    """An address without one of the two is not from DNS64."""
    assert prefix_in(addresses) is None
