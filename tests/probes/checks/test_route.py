"""The route probe on loopback; real routers are the lab's matter."""

import subprocess
import sys

import pytest

from probes.checks import route
from tests.probes.checks.run_one_probe import see


async def test_the_way_out_is_noted() -> None:
    """A target that answers is beyond the gateway, and the local address is noted."""
    failure, facts = await see(route.probe, "127.0.0.1", 33434, transport="udp")
    assert failure is None
    assert facts["local_address"] == "127.0.0.1"
    assert facts["beyond_gateway"] is True
    assert facts["hops"]["2"] == "127.0.0.1"


async def test_v6_works_alike() -> None:
    """The same over v6."""
    failure, facts = await see(route.probe, "::1", 33434, transport="udp")
    assert failure is None
    assert facts["beyond_gateway"] is True


async def test_silence_is_no_failure() -> None:
    """If no router answers, the facts say so and the step succeeds within its budget."""
    # Multicast on loopback: it has a route, and no router ever answers.
    failure, facts = await see(route.probe, "224.0.0.251", 33434, transport="udp")
    assert failure is None
    assert facts["hops"] == {}
    assert facts["gateway_answers"] is False
    assert facts["beyond_gateway"] is False


_ALONE = """
import asyncio
from probes.checks import route
from tests.probes.checks.run_one_probe import see
print(*asyncio.run(see(route.probe, "198.51.100.1", 33434, transport="udp")))
"""


@pytest.mark.root
def test_no_route_is_a_failure() -> None:
    """A host without a route to the service fails with the kernel's error."""
    # A new network namespace has no route at all.
    alone = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", _ALONE], capture_output=True, text=True, check=True
    )
    assert alone.stdout.split()[0] == "network_unreachable"
