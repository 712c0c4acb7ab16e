"""With DNS that lies, an allowed name leads to no special address unless the operator's policy names its range."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.failures import EgressDenied
from probes.protocol.policy import Policy
from probes.protocol.policy_file import parse_policy
from probes.protocol.special_addresses import METADATA, SPECIAL
from probes.runner.packet_budget import PacketBudget
from probes.runner.policy_guard import PolicyGuard

NAME = "voice-js.roaming.example"
PROXY = "proxy.example"
# Blocks whose addresses the IPv4 address inside decides about.
BY_IPV4 = ("::ffff:0:0/96", "64:ff9b::/96")
# What was let through before the table, with others of their kind.
LET_THROUGH = (
    "192.0.0.192", "64:ff9b:1::a9fe:a9fe", "fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "168.63.129.16",
    "192.88.99.1", "3fff::1", "5f00::1", "2002:7f00:1::", "2002:808:808::1", "2001::1",
    "2001:0:808:808::f7f7:f7f7", "100:0:0:1::1", "64:ff9b::7f00:1", "64:ff9b::a83f:8110", "64:ff9b::c058:6301",
    "4000::1", "fe00::1", "ff0e::1", "::8.8.8.8",
)  # fmt: skip


def policy(*ranges: str) -> Policy:
    return parse_policy(
        {
            "version": 1,
            "allow": [{"names": [NAME], "ranges": ["0.0.0.0/0", "::/0", *ranges], "ports": [443]}],
            "proxies": [f"http://{PROXY}:443"],
        }
    )


def reaches(address: str, *ranges: str, name: str = NAME) -> bool:
    """Whether an allowed name gets there that DNS says is at *address*, with these ranges in the policy."""
    guard = PolicyGuard(policy(*ranges), PacketBudget(1e9, clock=lambda: 0.0))
    guard.grant(name, [address])
    try:
        guard.check(address, 443, "tcp")
    except EgressDenied:
        return False
    return True


def inside(block: object) -> st.SearchStrategy[str]:
    return st.ip_addresses(network=str(block)).map(str)


@pytest.mark.parametrize("address", LET_THROUGH)
def test_special_address_is_not_reached(address: str) -> None:
    """Neither by the name nor by 0.0.0.0/0 and ::/0; only when the policy names this address."""
    assert not reaches(address)
    mapped = address.startswith("64:ff9b::")  # is judged as IPv4
    assert mapped or reaches(address, address)


@pytest.mark.parametrize("answer", [True, False])
def test_tables_of_python_do_not_count(answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision is the same if `ipaddress` calls everything private, global and reserved, or nothing."""
    tables = (
        "is_private", "is_global", "is_reserved", "is_link_local", "is_loopback", "is_multicast", "is_unspecified",
    )  # fmt: skip
    for kind in (ipaddress.IPv4Address, ipaddress.IPv6Address):
        for table in tables:
            monkeypatch.setattr(kind, table, answer)
    assert [address for address in LET_THROUGH if reaches(address)] == []
    assert reaches("8.8.8.8")
    assert reaches("2001:4860:4860::8888")
    assert reaches("10.1.2.3", "10.0.0.0/8")


@given(address=st.one_of([inside(block) for block in (*SPECIAL, *METADATA) if str(block) not in BY_IPV4]))
def test_no_special_block_is_reached(address: str) -> None:
    """Any address of any block."""
    assert not reaches(address)


@pytest.mark.parametrize(
    ("address", "ranges", "reached"),
    [
        ("10.1.2.3", ["10.1.2.0/24"], True),
        ("10.1.3.3", ["10.1.2.0/24"], False),
        ("64:ff9b::a01:203", ["10.1.2.0/24"], True),
        ("fec0::1", ["fec0::/10"], True),
        ("5f00::1", ["5f00::/16"], True),
        ("4000::1", ["4000::/3"], False),
        ("192.0.0.9", ["192.0.0.0/24"], True),
        # a tunnel: its own range, and the address inside
        ("2002:808:808::1", ["2002::/16"], True),
        ("2002:a01:203::1", ["2002::/16"], False),
        ("2002:a01:203::1", ["10.1.2.0/24"], False),
        ("2002:a01:203::1", ["2002::/16", "10.1.2.0/24"], True),
        ("64:ff9b:1::808:808", ["64:ff9b:1::/48"], True),
        ("64:ff9b:1::a01:203", ["64:ff9b:1::/48"], False),
        ("2001:0:808:808::f5fe:fdfc", ["2001::/32"], False),
        ("2001:0:808:808::f5fe:fdfc", ["2001::/32", "10.1.2.0/24"], True),
        # a metadata service: alone
        ("169.254.7.7", ["169.254.0.0/16"], True),
        ("169.254.169.254", ["169.254.0.0/16"], False),
        ("169.254.169.254", ["169.254.169.254"], True),
        ("100.100.100.200", ["100.64.0.0/10"], False),
        ("fd00:ec2::254", ["fd00::/8"], False),
        ("168.63.129.16", ["168.63.129.0/24"], False),
        ("168.63.129.16", ["168.63.129.16/32"], True),
        ("2002:a9fe:a9fe::1", ["2002::/16", "169.254.0.0/16"], False),
    ],
)
def test_policy_has_to_name_the_range(address: str, ranges: list[str], reached: bool) -> None:
    """A range opens its own block, not what a tunnel in it leads to, and no metadata service by accident."""
    assert reaches(address, *ranges) is reached


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("10.0.0.8", True),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("::ffff:0:169.254.169.254", False),
    ],
)
def test_proxy_name_leads_to_no_metadata_service(address: str, reached: bool) -> None:
    """The operator's proxy may be private; its name cannot be made to mean a cloud's metadata service."""
    assert reaches(address, name=PROXY) is reached
