"""Hosts without IPv4, each in a network namespace: with NAT64 and DNS64, without, and without any route."""

import json
import subprocess
import sys
from typing import Any

import pytest

# The translated addresses are this host's own. Its default routes lead to a neighbor that never answers.
_WORLD = """
set -e
ip link set lo up
ip link add ours type veth peer name theirs
ip link set ours up
ip link set theirs up
if [ "$1" != nothing ]; then
    ip address add 2001:db8::1/64 dev ours nodad
    ip -6 route add default via 2001:db8::2
    ip -6 route add local 64:ff9b::/96 dev lo
fi
if [ "$1" = ipv4 ]; then
    ip address add 192.0.2.1/24 dev ours
    ip route add default via 192.0.2.2
fi
if [ "$1" = clat ]; then
    ip address add 192.0.0.1/29 dev ours
    ip route add default via 192.0.0.2
fi
exec "$2" -c "$3" "$1"
"""

_LOOK = """
import asyncio, json, sys
from probes.checks import ip_version, portal, route, tcp
from tests.fakes import say, tcp_server
from tests.name_server import name_server, zone
from tests.probes.checks.run_one_probe import see
NAMES = {
    "dns64": {"ipv4only.arpa AAAA": ["ipv4only.arpa AAAA 64:ff9b::c000:aa"]},
    "plain": {"ipv4only.arpa A": ["ipv4only.arpa A 192.0.0.170"]},
}
async def main(kind):
    known = NAMES.get(kind, {}) | {"voice.example A": ["voice.example A 198.51.100.1"]}
    async with name_server(zone(known)) as server, tcp_server(say(b"HTTP/1.1 204 \\r\\n\\r\\n"), host="::") as port:
        servers = [("127.0.0.1", 9)] if kind == "dead" else [server]
        looks = {
            "version": see(ip_version.probe, "198.51.100.1", 33434, servers=servers),
            "literal": see(tcp.probe, "198.51.100.1", port, servers=servers, budget=0.5),
            "pinned": see(
                tcp.probe, "voice.example", port, servers=servers, budget=0.5, more={"addresses": ["198.51.100.2"]}
            ),
            "name": see(portal.probe, "voice.example", port, servers=servers, budget=0.5),
            "route": see(route.probe, "198.51.100.1", 33434, transport="udp", servers=servers),
        }
        print(json.dumps(dict(zip(looks, await asyncio.gather(*looks.values())))))
asyncio.run(main(sys.argv[1]))
"""


def look(kind: str) -> dict[str, tuple[str | None, dict[str, Any]]]:
    script = ["unshare", "--net", "bash", "-c", _WORLD, "world", kind, sys.executable, _LOOK]
    ended = subprocess.run(script, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


@pytest.mark.root
def test_with_nat64_everything_goes_by_translated_addresses() -> None:
    """Literal, pinned, and named IPv4 addresses are reached by the prefix that DNS64 shows."""
    seen = look("dns64")
    assert seen["version"] == [None, {"versions": "translated", "nat64_prefix": "64:ff9b::/96"}]
    assert (seen["literal"][0], seen["literal"][1]["address"]) == (None, "64:ff9b::c633:6401")
    assert (seen["pinned"][0], seen["pinned"][1]["address"]) == (None, "64:ff9b::c633:6402")
    assert (seen["name"][0], seen["name"][1]["address"]) == (None, "64:ff9b::c633:6401")
    assert seen["route"][0] is None
    assert seen["route"][1]["local_address"] == "2001:db8::1"


@pytest.mark.root
@pytest.mark.parametrize(
    ("kind", "failure", "facts"),
    [
        ("plain", "dns_no_answer", {"resolver": "127.0.0.1", "versions": "ipv6-only"}),
        ("dead", "dns_unreachable_error", {"resolver": "127.0.0.1"}),
        ("nothing", "network_unreachable", {"versions": "none"}),
    ],
)
def test_without_nat64_ipv4_is_out_of_reach(kind: str, failure: str, facts: dict[str, Any]) -> None:
    """DNS without translation shows that there is none; a dead resolver shows nothing; no route is no network."""
    seen = look(kind)
    assert seen["version"] == [failure, facts]
    assert {seen[name][0] for name in ("literal", "pinned")} == {"network_unreachable"}


@pytest.mark.root
def test_a_host_with_both_uses_ipv4() -> None:
    """Where IPv4 has a route, nothing is translated, and nobody is asked."""
    seen = look("ipv4")
    assert seen["version"] == [None, {"versions": "ipv4", "own_translation": False}]
    assert "64:ff9b" not in json.dumps(seen)


@pytest.mark.root
def test_a_host_that_translates_for_itself_is_recognized() -> None:
    """With 464XLAT, the host has an address that is set aside for it, and IPv4: no prefix is needed."""
    seen = look("clat")
    assert seen["version"] == [None, {"versions": "ipv4", "own_translation": True}]
    assert "64:ff9b" not in json.dumps(seen)
    assert seen["route"][1]["local_address"] == "192.0.0.1"
