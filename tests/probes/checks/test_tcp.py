"""The tcp probe against listeners, closed ports and silence on loopback."""

from probes.checks import tcp
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target
from tests.fakes import full_backlog, silence, tcp_server
from tests.name_server import name_server, zone
from tests.probes.checks.run_one_probe import see


async def test_open_port_is_open() -> None:
    """A listening port is a success, with the address that opened and its time."""
    async with tcp_server(silence) as port:
        failure, facts = await see(tcp.probe, "127.0.0.1", port)
    assert failure is None
    assert facts["address"] == "127.0.0.1"
    assert 0 < facts["ms"] < 1000
    assert (facts["open"], facts["shut"]) == (1, 0)


async def test_closed_port_is_refused() -> None:
    """A RST to our SYN is connection_refused, and names no ICMP sender."""
    async with tcp_server(silence) as port:
        pass
    failure, facts = await see(tcp.probe, "127.0.0.1", port)
    assert failure is Failure.CONNECTION_REFUSED
    assert facts["tried"][0]["failure"] == "connection_refused"
    assert "icmp_from" not in facts


async def test_syns_that_are_dropped_are_a_timeout_for_each_address() -> None:
    """The silence of many attempts is generic_timeout_error, for the step and each address, before the budget ends."""
    async with full_backlog() as port, tcp_server(silence, host="127.0.0.3", port=port):
        failure, facts = await see(
            tcp.probe, "media.example", port, budget=3.0, addresses=["127.0.0.1", "127.0.0.4"]
        )
    assert failure is Failure.GENERIC_TIMEOUT_ERROR
    assert [entry["failure"] for entry in facts["tried"]] == ["generic_timeout_error", "connection_refused"]
    assert facts["shut"] == 2
    assert facts["attempts"] >= 12


async def test_silence_until_the_budget_ends_too_soon_is_inconclusive() -> None:
    """Few attempts prove nothing: the address is neither open nor shut, and another one keeps its result."""
    async with full_backlog() as port:
        failure, facts = await see(
            tcp.probe, "media.example", port, budget=0.4, addresses=["127.0.0.1", "127.0.0.3"]
        )
    assert failure is Failure.INCONCLUSIVE
    assert [entry["failure"] for entry in facts["tried"]] == ["inconclusive", "connection_refused"]
    assert (facts["open"], facts["shut"]) == (0, 1)


async def test_one_open_address_is_enough_and_the_others_are_told() -> None:
    """A host is open when one of its addresses is; each address keeps its own outcome."""
    async with tcp_server(silence) as port:
        failure, facts = await see(tcp.probe, "media.example", port, addresses=["127.0.0.2", "127.0.0.1"])
    assert failure is None
    assert facts["address"] == "127.0.0.1"
    assert {entry["address"]: entry["failure"] for entry in facts["tried"]} == {
        "127.0.0.2": "connection_refused",
        "127.0.0.1": None,
    }


async def test_the_first_address_gives_the_word() -> None:
    """If all addresses fail, the step has the failure of the first one."""
    async with tcp_server(silence) as port:
        pass
    failure, facts = await see(tcp.probe, "x.example", port, addresses=["127.0.0.2", "127.0.0.3"])
    assert failure is Failure.CONNECTION_REFUSED
    assert facts["shut"] == 2


async def test_a_v6_address_is_counted_apart() -> None:
    """An open IPv6 address does not make up for a blocked IPv4 one, and has its own count."""
    async with tcp_server(silence, host="::1") as port:
        failure, facts = await see(tcp.probe, "x.example", port, addresses=["127.0.0.1", "::1"])
        alone, alone_facts = await see(tcp.probe, "x.example", port, addresses=["::1"])
    assert failure is Failure.CONNECTION_REFUSED
    assert (facts["open"], facts["shut"], facts["open6"], facts["shut6"]) == (0, 1, 1, 0)
    assert alone is None
    assert alone_facts["address"] == "::1"


async def test_a_v6_address_without_route_is_left_out() -> None:
    """Without an IPv6 route on this host, IPv6 addresses are neither open nor blocked."""
    async with tcp_server(silence) as port:
        failure, facts = await see(tcp.probe, "x.example", port, addresses=["127.0.0.1", "fe80::1"])
    assert failure is None
    assert facts["open6"] == 0
    assert facts["shut6"] == 0


async def test_a_name_is_resolved_when_no_step_did() -> None:
    """Without a dns step before it, the probe asks the resolver; its failure is the step's."""
    async with (
        tcp_server(silence) as port,
        name_server(zone({"a.example A": ["a.example A 127.0.0.1"]})) as dns,
    ):
        found, _ = await see(tcp.probe, "a.example", port, servers=[dns])
        missing, _ = await see(tcp.probe, "b.example", port, servers=[dns])
    assert found is None
    assert missing is Failure.DNS_NXDOMAIN_ERROR


async def test_a_host_without_any_address_is_not_looked_at() -> None:
    """A dns step that found no address leaves nothing to connect to."""
    names = Observation("dns", "dns", Target("signaling", "x.example", 53), None, {"addresses": []})
    failure, facts = await see(tcp.probe, "x.example", 443, earlier={"dns": names})
    assert failure is Failure.NO_ADDRESS
    assert facts == {}


async def test_no_more_than_four_addresses_are_tried() -> None:
    """Of a large pool, four addresses are enough."""
    pool = [f"127.0.1.{n}" for n in range(1, 10)]
    async with tcp_server(silence) as port:
        pass
    _, facts = await see(tcp.probe, "x.example", port, addresses=pool)
    assert len(facts["tried"]) == 4


async def test_a_silent_address_beside_an_open_one_ends_before_the_budget() -> None:
    """An address that drops every attempt is shut, beside one that is open: the step ends well, within its budget."""
    async with full_backlog() as port, tcp_server(silence, host="127.0.0.3", port=port):
        failure, facts = await see(
            tcp.probe, "media.example", port, budget=3.0, addresses=["127.0.0.1", "127.0.0.3"]
        )
    assert failure is None
    assert (facts["address"], facts["open"], facts["shut"]) == ("127.0.0.3", 1, 1)
