"""The locate probe on loopback, where every target is the first hop; routers are the lab's matter."""

import asyncio
import socket

import pytest

from probes.checks import BUDGETS, locate
from probes.checks.locate import _attempt
from probes.net.guard import GUARD
from probes.protocol.failures import Failure
from probes.protocol.model import Target
from probes.protocol.policy import Policy
from probes.runner.packet_budget import PacketBudget
from probes.runner.policy_guard import PolicyGuard
from tests.fakes import full_backlog, say, silence, tcp_server
from tests.probes.checks.run_one_probe import see


async def test_an_open_port_is_reached() -> None:
    """A connection that opens ends the trace at once."""
    async with tcp_server(silence) as port:
        failure, facts = await see(locate.probe, "127.0.0.1", port)
    assert failure is None
    assert facts == {"address": "127.0.0.1", "hello": False, "hops": {}, "reached": 1, "missed": []}


async def test_silence_is_a_result_within_the_budget() -> None:
    """A SYN that is dropped everywhere is no failure, and no timeout of the step; an open flow shows its own."""
    async with full_backlog() as port, tcp_server(silence) as other:
        control = {"host": "127.0.0.2", "port": other, "transport": "tcp"}
        failure, facts = await see(
            locate.probe, "127.0.0.1", port, budget=BUDGETS["locate"].limit, control=control
        )
    assert failure is None
    assert (facts["hops"], facts["reached"], facts["missed"]) == ({}, None, [])
    assert (facts["control_address"], facts["control_hops"], facts["control_reached"]) == ("127.0.0.2", {}, 1)


async def test_a_hello_is_paired_with_its_own_connection() -> None:
    """The open flow of a ClientHello is the SYN to the same port, and says whether the connection opens."""
    async with full_backlog() as port:
        _, facts = await see(locate.probe, "127.0.0.1", port, budget=0.5, hello=True)
    assert (facts["hello"], facts["control_address"], facts["control_reached"]) == (True, "127.0.0.1", None)
    async with tcp_server(silence) as port:
        _, facts = await see(locate.probe, "127.0.0.1", port, budget=0.5, hello=True)
    assert (facts["hops"], facts["reached"], facts["control_reached"]) == ({}, None, 1)
    async with tcp_server(say(b"anything")) as port:
        _, facts = await see(locate.probe, "127.0.0.1", port, budget=0.5, hello=True)
    assert facts["reached"] == 1


@pytest.mark.parametrize(
    ("service", "beginning"),
    [("stun", b"\x00\x01"), ("turn", b"\x00\x03"), ("media", b"\x80\x00")],  # Binding, Allocate, RTP
)
async def test_datagrams_look_like_the_flow(service: str, beginning: bytes) -> None:
    """Over UDP the trace sends what the service would, because firewalls may look inside."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        target = Target(service, "127.0.0.1", server.getsockname()[1], "udp")
        sending = asyncio.create_task(_attempt(target, target.host)(1))
        received, peer = await asyncio.get_running_loop().sock_recvfrom(server, 2048)
        server.sendto(b"any answer", peer)
        assert await sending is None
    assert received.startswith(beginning)


async def test_the_address_that_was_dropped_is_traced_while_the_name_has_it() -> None:
    """Of several addresses the one named is traced; one that the name does not have is not."""
    async with tcp_server(silence) as port:
        known = {"addresses": ["127.0.0.9", "127.0.0.1"]}
        _, facts = await see(locate.probe, "turn.example", port, more={"address": "127.0.0.1", **known})
        assert facts["address"] == "127.0.0.1"
        _, facts = await see(locate.probe, "turn.example", port, more={"address": "192.0.2.1", **known})
    assert facts["address"] == "127.0.0.9"
    assert facts["reached"] == 1


async def test_the_policy_of_the_relay_holds() -> None:
    """What the relay may not reach is not traced either."""
    token = GUARD.set(PolicyGuard(Policy(), PacketBudget(100)))
    try:
        failure, facts = await see(locate.probe, "127.0.0.1", 443)
    finally:
        GUARD.reset(token)
    assert failure is Failure.NOT_ALLOWED
    assert facts["hops"] == {}
