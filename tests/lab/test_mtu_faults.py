"""The faults of the packet size do what their docstrings say, measured with plain sockets."""

import socket
from contextlib import suppress
from typing import Any

import pytest

from tests.lab import addresses as at
from tests.lab import observations
from tests.lab.lab import Lab

pytestmark = [pytest.mark.root, pytest.mark.lab]

MTU_DISCOVER, FRAGMENT, NEVER_FRAGMENT = 10, 0, 3  # linux/in.h
HEADERS = 28  # bytes of IP and UDP


def passes(lab: Lab, size: int, way: str = "out", fragment: int = NEVER_FRAGMENT) -> bool:
    """Whether an IP packet with a datagram, of *size* bytes, passes between the relay and a media port."""
    server = lab.namespaces.inside("svc", lambda: observations._udp_socket(at.RELAYED, 20000))
    client = lab.namespaces.inside("relay", lambda: observations._udp_socket("0.0.0.0", 0))
    with server, client:
        client.sendto(b"hello", (at.RELAYED, 20000))
        _, peer = server.recvfrom(64)
        sender, receiver, to = (
            (client, server, (at.RELAYED, 20000)) if way == "out" else (server, client, peer)
        )
        sender.setsockopt(socket.IPPROTO_IP, MTU_DISCOVER, fragment)
        sender.sendto(bytes(size - HEADERS), to)
        with suppress(TimeoutError):
            return len(receiver.recv(2048)) == size - HEADERS
    return False


@pytest.mark.parametrize(
    ("parameters", "out", "back", "unfragmented"),
    [
        ({"longest": 1300}, False, False, False),
        ({"longest": 1300, "way": "out"}, False, True, False),
        ({"longest": 1300, "way": "in"}, True, False, True),
        ({"longest": 1300, "what": "udp"}, False, False, False),
        ({"longest": 1300, "what": "tcp"}, True, True, True),
        ({"longest": 1300, "where": "r1"}, False, False, False),
    ],
)
def test_long_packets_are_dropped(
    lab: Lab, parameters: dict[str, Any], out: bool, back: bool, unfragmented: bool
) -> None:
    """A packet beyond the limit is lost where the fault says, and one of the limit's size passes."""
    lab.with_faults(("long_packets", parameters))
    assert [passes(lab, 1300, way) for way in ("out", "in")] == [True, True]
    assert [passes(lab, 1304, way) for way in ("out", "in")] == [out, back]
    assert passes(lab, 1304, "out", FRAGMENT) is unfragmented


@pytest.mark.parametrize(
    ("fault", "parameters", "seen"),
    [
        ("long_packets", {"longest": 1300}, "timeout"),
        ("long_packets", {"longest": 1300, "clamped": True}, "ok"),
        ("narrow_link", {"mtu": 1300}, "ok"),
        ("narrow_link", {"mtu": 1300, "icmp": False}, "timeout"),
        ("narrow_link", {"mtu": 1300, "icmp": False, "clamped": True}, "ok"),
    ],
)
def test_tls_hangs_unless_the_size_is_known(
    lab: Lab, fault: str, parameters: dict[str, Any], seen: str
) -> None:
    """A handshake hangs at the certificates; with ICMP or a clamped MSS it completes."""
    lab.with_faults((fault, parameters))
    edge = at.EDGE["frankfurt"]
    assert observations.tcp(lab, edge.javascript) == "open"
    assert observations.tls(lab, edge.javascript, edge.javascript_name) == seen


def test_routers_fragment_where_they_may(lab: Lab) -> None:
    """A narrow link passes longer datagrams in fragments, and the next scenario has the whole MTU again."""
    lab.with_faults(("narrow_link", {"mtu": 1300, "icmp": False}))
    assert not passes(lab, 1304)
    assert passes(lab, 1304, "out", FRAGMENT)
    lab.with_faults()
    assert passes(lab, 1500)
