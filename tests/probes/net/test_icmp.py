"""What a real router says by ICMP: prohibited, unreachable, TTL exceeded; in two network namespaces."""

import json
import subprocess
import sys
from typing import Any

import pytest

# Ours has one neighbour, a router that refuses one range as prohibited and another as unreachable, and
# passes a third on to nowhere. It does not ration its ICMP by type, which would use up the few refusals
# that Linux grants each neighbour. Both namespaces end with the script.
_WORLD = """
set -e
unshare --net sleep 30 & router=$!
trap 'kill $router' EXIT
while [ "$(readlink /proc/$router/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do :; done
ip link add ours type veth peer name theirs netns $router
ip address add 192.0.2.2/24 dev ours
ip link set ours up
ip route add default via 192.0.2.1
nsenter --net=/proc/$router/ns/net sh -e <<'ROUTER'
ip link set lo up
ip address add 192.0.2.1/24 dev theirs
ip link set theirs up
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 0 > /proc/sys/net/ipv4/icmp_ratemask
ip route add prohibit 198.51.100.0/25
ip route add unreachable 198.51.100.128/25
ip link add far type veth peer name nowhere
ip link set far up
ip link set nowhere up
ip address add 203.0.113.254/24 dev far
ip neighbour add 203.0.113.1 lladdr 02:00:00:00:00:01 dev far
ROUTER
until ip link show ours | grep -q 'state UP'; do :; done
until nsenter --net=/proc/$router/ns/net ip link show theirs | grep -q 'state UP'; do :; done
"$1" -c "$2"
"""

_LOOK = """
import asyncio, json
from probes.checks import route, tcp
from tests.probes.checks.run_one_probe import see
async def main():
    looks = {
        "prohibited": see(tcp.probe, "198.51.100.1", 443, budget=3.0),
        "unreachable": see(tcp.probe, "198.51.100.129", 443, budget=3.0),
        "swallowed": see(tcp.probe, "203.0.113.1", 443, budget=2.5),
        "route": see(route.probe, "203.0.113.1", 33434, transport="udp"),
        "refused": see(route.probe, "198.51.100.1", 33434, transport="udp"),
    }
    print(json.dumps(dict(zip(looks, await asyncio.gather(*looks.values())))))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def seen() -> dict[str, tuple[str | None, dict[str, Any]]]:
    script = ["unshare", "--net", "bash", "-c", _WORLD, "world", sys.executable, _LOOK]
    ended = subprocess.run(script, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


@pytest.mark.root
@pytest.mark.parametrize(
    ("look", "word", "sender"),
    [
        ("prohibited", "admin_prohibited", "192.0.2.1"),
        ("unreachable", "host_unreachable", "192.0.2.1"),
        ("swallowed", "generic_timeout_error", None),
    ],
)
def test_a_router_that_refuses_tcp_is_named(
    seen: dict[str, tuple[str | None, dict[str, Any]]], look: str, word: str, sender: str | None
) -> None:
    """For a SYN that a router rejects, ICMP error and router are reported; a dropped one is a timeout."""
    failure, facts = seen[look]
    assert failure == word
    assert facts.get("icmp_from") == sender
    assert facts["tried"][0]["failure"] == word


@pytest.mark.root
@pytest.mark.parametrize("look", ["route", "refused"])
def test_a_gateway_without_a_way_on_is_not_beyond_itself(
    seen: dict[str, tuple[str | None, dict[str, Any]]], look: str
) -> None:
    """A gateway that answers, but rejects or drops everything beyond it, proves no internet access."""
    failure, facts = seen[look]
    assert failure is None
    assert facts["hops"] == {"1": "192.0.2.1"}
    assert facts["gateway_answers"] is True
    assert facts["beyond_gateway"] is False
    assert facts.get("icmp") == ("admin_prohibited" if look == "refused" else None)
