"""The table of special addresses has all that IANA's registries list, and every form that hides an IPv4 address."""

import csv
import ipaddress
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol import special_addresses
from probes.protocol.policy_file import load_policy
from probes.protocol.special_addresses import (
    _IPV4,
    _IPV6,
    METADATA,
    SPECIAL,
    IpNetwork,
    embedded_ipv4,
    is_metadata,
    is_public,
    is_special_range,
    read_address,
)

HERE = Path(__file__).parent
# The IPv4 address decides about these; everything else in the registries is special as a whole.
BY_IPV4 = ("::ffff:0:0/96", "64:ff9b::/96")
IPV4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
FORMS: dict[str, Callable[[int], int]] = {
    "v4-compatible": lambda v4: v4,
    "v4-translated": lambda v4: 0xFFFF << 48 | v4,
    "NAT64, local use": lambda v4: 0x0064FF9B0001 << 80 | v4,
    "6to4": lambda v4: 0x2002 << 112 | v4 << 80 | 1,
    "Teredo server": lambda v4: 0x20010000 << 96 | v4 << 64 | 0xF7F7F7F7,
    "Teredo client": lambda v4: 0x20010000 << 96 | 0x08080808 << 64 | v4 ^ 0xFFFFFFFF,
}
UNWRAPPED: dict[str, Callable[[int], int]] = {
    "v4-mapped": lambda v4: 0xFFFF << 32 | v4,
    "NAT64": lambda v4: 0x0064FF9B << 96 | v4,
}
OUTSIDE = (
    "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
    "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255",
    "223.255.255.255", "168.63.129.15", "168.63.129.17", "168.86.128.1", "2000::", "2001:200::", "2001:4860:4860::8888",
    "2001:db7:ffff::", "2001:db9::", "2003::", "2620:4f:7fff::", "2620:4f:8001::", "2a00:1450::1", "3ffe::1",
    "3fff:1000::", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8",
)  # fmt: skip


def rows(version: int) -> Iterator[tuple[str, str]]:
    """Block -> its RFCs, of IANA's registry for this version of IP."""
    with (HERE / f"iana-ipv{version}-special-registry.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            for block in row["Address Block"].split(", "):
                yield block.partition(" ")[0], row["RFC"]


REGISTRY = [(ipaddress.ip_network(block), rfcs) for version in (4, 6) for block, rfcs in rows(version)]


def some_of(net: IpNetwork) -> Iterator[str]:
    """Its first, its last, and twenty others."""
    dice = random.Random(str(net))
    for number in (0, net.num_addresses - 1, *(dice.randrange(net.num_addresses) for _ in range(20))):
        yield str(net[number])


def public(text: str) -> bool:
    address = read_address(text)
    return address is not None and is_public(address)


@pytest.mark.parametrize("block", [net for net, _ in REGISTRY if str(net) not in BY_IPV4], ids=str)
def test_every_row_of_the_registries_is_special(block: IpNetwork) -> None:
    """No address of a listed block is public, reachable or not, and its block counts as a special range."""
    assert [text for text in some_of(block) if public(text)] == []
    assert is_special_range(block)


def test_table_has_the_sources_that_the_registries_name() -> None:
    """Each row that is a block of the registries names one of its RFCs; the rest is not in them."""
    listed = {str(net): rfcs for net, rfcs in REGISTRY}
    more = {block: source for block, _, source in (*_IPV4, *_IPV6) if block not in listed}
    assert more == {
        "224.0.0.0/4": "RFC 5771", "::/96": "RFC 4291", "::ffff:0:0:0/96": "RFC 2765", "fec0::/10": "RFC 3879",
        "ff00::/8": "RFC 4291",
    }  # fmt: skip
    for block, _, source in (*_IPV4, *_IPV6):
        if block in listed:
            assert f"[{source.replace(' ', '')}]" in listed[block]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", special_addresses.COPIED)


def test_neighbors_are_public() -> None:
    """What lies right beside the special blocks stays reachable."""
    assert [text for text in OUTSIDE if not public(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "169.254.170.2",
        "fd20:ce::254", "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b::a83f:8110",
        "2002:a9fe:a9fe::1", "64:ff9b:1::a83f:8110", "::ffff:0:168.63.129.16",
    ],
)  # fmt: skip
def test_metadata_services_are_known_in_every_form(text: str) -> None:
    """What a cloud tells its machines is not public, also where its address is in public space."""
    address = read_address(text)
    assert address is not None
    assert is_metadata(address)
    assert not is_public(address)


@pytest.mark.parametrize("form", FORMS)
@given(v4=IPV4)
def test_tunnels_are_never_public_and_are_seen_through(form: str, v4: ipaddress.IPv4Address) -> None:
    """Any IPv4 address in any of the forms: not public, and found inside."""
    address = read_address(str(ipaddress.IPv6Address(FORMS[form](int(v4)))))
    assert address is not None
    assert not is_public(address)
    assert v4 in embedded_ipv4(address)


@pytest.mark.parametrize("form", UNWRAPPED)
@given(v4=IPV4)
def test_mapped_and_nat64_are_judged_by_the_ipv4_address(form: str, v4: ipaddress.IPv4Address) -> None:
    """These two are read as the IPv4 address that they reach."""
    assert read_address(str(ipaddress.IPv6Address(UNWRAPPED[form](int(v4))))) == v4


@given(number=st.integers(0, 2**128 - 1))
def test_ipv6_outside_of_global_unicast_is_not_public(number: int) -> None:
    """Only 2000::/3 is allocated; the rest is refused, what IANA may do with it included."""
    address = read_address(str(ipaddress.IPv6Address(number)))
    if isinstance(address, ipaddress.IPv6Address) and number >> 125 != 1:
        assert not is_public(address)


def test_shipped_policy_has_no_special_range() -> None:
    """The ranges of the service are public in all their length."""
    ranges = [net for rule in load_policy(Path("probes/policy.yaml")).allow for net in rule.ranges]
    assert ranges
    assert [net for net in ranges for block in (*SPECIAL, *METADATA) if net.overlaps(block)] == []
