"""The nat probe against coturn and against NATs played by a scripted RFC 5780 server."""

import time
from functools import partial
from typing import Any

import pytest

from probes.checks import nat
from probes.net.stun import StunAttribute, StunClass, StunMessage, TransportAddress, pack_address, pack_error
from probes.protocol.failures import Failure
from tests.fakes import behaviour_server, stun_answer, stun_mapped, stun_server
from tests.probes.checks.run_one_probe import see
from tests.turnserver import HOST, Coturn

PUBLIC = "203.0.113.5"
find_out = partial(see, nat.probe, media_is_silent=True)


async def test_no_nat_and_no_filter(turn_server: Coturn) -> None:
    """Without NAT or firewall, mapping is none and every source may answer."""
    failure, facts = await find_out(HOST, turn_server.port, transport="udp")
    assert failure is None
    assert facts == {
        "mapping": "none",
        "filtering": "endpoint_independent",
        "port_preserved": True,
        "reflexive": [HOST],
    }


@pytest.mark.parametrize(
    ("mapping", "port"),
    [
        ("endpoint_independent", lambda server, peer: peer[1]),
        ("address_dependent", lambda server, peer: peer[1] if server.host == HOST else 2000),
        (
            "address_and_port_dependent",
            lambda server, peer: server.port - 1 if server.host == HOST else server.port,
        ),
    ],
)
async def test_mapping(mapping: str, port: Any) -> None:
    """Each mapping of RFC 4787 has its own value."""
    async with behaviour_server(lambda server, peer: (PUBLIC, port(server, peer))) as (server, _):
        failure, facts = await find_out(HOST, server.port)
    assert failure is None
    assert facts["mapping"] == mapping
    assert facts["port_preserved"] is (mapping != "address_and_port_dependent")
    assert facts["reflexive"] == [PUBLIC]


@pytest.mark.parametrize(
    ("filtering", "passes"),
    [
        ("endpoint_independent", lambda address, port: True),
        ("address_dependent", lambda address, port: not address),
        ("address_and_port_dependent", lambda address, port: not address and not port),
    ],
)
async def test_filtering(filtering: str, passes: Any) -> None:
    """Each filtering of RFC 4787 has its own value, within 0.6 s although one result needs a timeout."""
    start = time.perf_counter()
    async with behaviour_server(lambda server, peer: (PUBLIC, peer[1]), passes) as (server, _):
        failure, facts = await find_out(HOST, server.port)
    assert failure is None
    assert facts["filtering"] == filtering
    assert facts["mapping"] == "endpoint_independent"
    assert time.perf_counter() - start < 0.6


async def test_a_pool_shows_all_its_addresses() -> None:
    """A NAT that leaves by another address for another destination is not endpoint independent."""
    pool = {"127.0.0.1": "203.0.113.5", "127.0.0.2": "203.0.113.6"}
    async with behaviour_server(lambda server, peer: (pool[server.host], peer[1])) as (server, _):
        failure, facts = await find_out(HOST, server.port)
    assert failure is None
    assert facts["mapping"] == "address_dependent"
    assert facts["reflexive"] == ["203.0.113.5", "203.0.113.6"]


def _sees(host: str, port: int | None = None) -> Any:
    def reply(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        return [stun_mapped(request, TransportAddress(host, port or peer[1]))]

    return reply


async def _two(one: int, two: int) -> tuple[Failure | None, dict[str, Any]]:
    return await find_out(HOST, one, more={"servers": [{"host": "127.0.0.2", "port": two}]})


async def test_two_plain_servers_tell_the_mapping() -> None:
    """Without OTHER-ADDRESS a second server does; filtering stays unknown."""
    async with stun_server(_sees(PUBLIC)) as one, stun_server(_sees(PUBLIC), "127.0.0.2") as two:
        failure, facts = await _two(one, two)
    assert failure is None
    assert facts["mapping"] == "endpoint_independent"
    assert facts["filtering"] == "unknown"


async def test_two_plain_servers_tell_a_mapping_that_depends() -> None:
    """Servers that see different ports prove only that the mapping depends on the address."""
    async with stun_server(_sees(PUBLIC, 1111)) as one, stun_server(_sees(PUBLIC, 2222), "127.0.0.2") as two:
        failure, facts = await _two(one, two)
    assert failure is None
    assert facts["mapping"] == "address_dependent"


async def test_one_plain_server_cannot_tell() -> None:
    """One address to ask is not enough behind a NAT: not_supported, and the known facts are kept."""
    async with stun_server(_sees(PUBLIC)) as port:
        failure, facts = await find_out(HOST, port)
    assert failure is Failure.NOT_SUPPORTED
    assert (facts["mapping"], facts["filtering"]) == ("unknown", "unknown")
    assert facts["reflexive"] == [PUBLIC]


async def test_silence_is_not_a_nat() -> None:
    """A server that cannot be reached says so, and nothing about the NAT."""
    async with stun_server(lambda request, peer: []) as port:
        failure, facts = await find_out(HOST, port, budget=0.15)
    assert failure is Failure.GENERIC_TIMEOUT_ERROR
    assert facts == {"mapping": "unknown", "filtering": "unknown"}


async def test_a_server_without_a_name_service_costs_nothing() -> None:
    """A second server that does not resolve is left out; a host without an IPv4 address is no_address."""
    async with stun_server(_sees(PUBLIC)) as port:
        failure, facts = await find_out(
            HOST, port, more={"servers": [{"host": "stun.example", "port": 3478}]}
        )
    assert failure is Failure.NOT_SUPPORTED
    assert facts["reflexive"] == [PUBLIC]
    assert (await find_out("2001:db8::1", 3478))[0] is Failure.NO_ADDRESS


async def test_a_server_that_breaks_its_promise_leaves_filtering_unknown() -> None:
    """No answer from OTHER-ADDRESS leaves mapping and filtering unknown."""

    def promises(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        if request.get(StunAttribute.CHANGE_REQUEST):
            return [stun_answer(request, StunClass.ERROR, pack_error(420, "Unknown Attribute"))]
        other = pack_address(
            StunAttribute.OTHER_ADDRESS, TransportAddress("127.0.0.2", 9), request.transaction
        )
        return [stun_mapped(request, (PUBLIC, peer[1]), other)]

    async with stun_server(promises) as port:
        failure, facts = await find_out(HOST, port)
    assert failure is Failure.NOT_SUPPORTED
    assert (facts["mapping"], facts["filtering"]) == ("unknown", "unknown")


async def test_nothing_is_asked_until_media_is_silent() -> None:
    """The NAT matters only where media is lost: no packet leaves at first, and the first sign starts the check."""
    asked: list[StunMessage] = []

    def reply(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        asked.append(request)
        return [stun_mapped(request, TransportAddress(PUBLIC, peer[1]))]

    async with stun_server(reply) as port:
        failure, _ = await see(nat.probe, HOST, port, budget=0.2)
        assert failure is Failure.GENERIC_TIMEOUT_ERROR
        assert asked == []
        await find_out(HOST, port, budget=0.2)
    assert asked
