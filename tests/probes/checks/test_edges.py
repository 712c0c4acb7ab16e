"""The edges probe against several addresses of loopback, each standing for an edge."""

import asyncio
from functools import partial
from typing import Any

import pytest

from probes.checks import edges
from probes.checks.attempts import Flow
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from tests.fakes import full_backlog, silence, tcp_server
from tests.name_server import name_server, zone
from tests.probes.checks.run_one_probe import see

ROAMING = "voice.roaming.example"
HOSTS = {"dublin": "voice.dublin.example", "tokyo": "voice.tokyo.example"}
context = partial(see, edges.probe, ROAMING, hosts=HOSTS)


def pinned(roaming: str, dublin: str, tokyo: str) -> dict[str, Any]:
    return {ROAMING: [roaming], HOSTS["dublin"]: [dublin], HOSTS["tokyo"]: [tokyo]}


async def test_open_and_shut_edges_are_told_apart() -> None:
    """Each edge has its own outcome, and roaming is recognized by its address."""
    async with tcp_server(silence) as port:
        failure, facts = await context(port, addresses=pinned("127.0.0.1", "127.0.0.1", "127.0.0.2"))
    assert failure is None
    assert (facts["open"], facts["shut"]) == (["dublin"], ["tokyo"])
    assert facts["edges"]["tokyo"]["failure"] == "connection_refused"
    assert (facts["barred"], facts["barred_count"]) == (["tokyo"], 1)
    assert facts["roaming_edge"] == "dublin"
    assert facts["roaming_open"] is True
    assert facts["nearest_edge"] == "dublin"
    assert facts["extra_ms"] <= 0.0
    assert facts["others_open"] == []


async def test_a_shut_roaming_edge_with_others_open() -> None:
    """If roaming selects a blocked edge, the open ones are listed."""
    async with tcp_server(silence) as port:
        _, facts = await context(port, addresses=pinned("127.0.0.2", "127.0.0.2", "127.0.0.1"))
    assert facts["roaming_edge"] == "dublin"
    assert facts["roaming_open"] is False
    assert facts["others_open"] == ["tokyo"]
    assert facts["roaming_ms"] is None
    assert "extra_ms" not in facts


async def test_the_chosen_edge_is_not_another_one() -> None:
    """With a chosen edge, the other edges do not include it."""
    async with tcp_server(silence) as port:
        _, facts = await context(
            port, chosen="tokyo", addresses=pinned("127.0.0.1", "127.0.0.1", "127.0.0.1")
        )
    assert facts["others_open"] == ["dublin"]


async def test_an_edge_that_is_not_allowed() -> None:
    """Whether roaming selects an allowed edge is a fact only once the edge is known."""
    async with tcp_server(silence) as port:
        here = pinned("127.0.0.1", "127.0.0.1", "127.0.0.2")
        _, refused = await context(port, allowed=["tokyo"], addresses=here)
        _, allowed = await context(port, allowed=["dublin"], addresses=here)
        _, anywhere = await context(port, addresses=here)
        nowhere = pinned("127.0.0.9", "127.0.0.1", "127.0.0.2")
        _, unknown = await context(port, allowed=["dublin"], addresses=nowhere)
    assert refused["roaming_allowed"] is False
    assert allowed["roaming_allowed"] is True
    assert anywhere["roaming_allowed"] is True
    assert unknown["roaming_edge"] == ""
    assert "roaming_allowed" not in unknown


async def test_a_silent_edge_does_not_fail_the_others() -> None:
    """An edge that drops every attempt fails alone: the check ends within its budget."""
    async with full_backlog() as port, tcp_server(silence, host="127.0.0.3", port=port):
        failure, facts = await context(
            port, budget=2.5, addresses=pinned("127.0.0.3", "127.0.0.3", "127.0.0.1")
        )
    assert failure is None
    assert facts["open"] == ["dublin"]
    assert (facts["shut"], facts["barred"]) == (["tokyo"], ["tokyo"])
    assert facts["roaming_open"] is True
    assert facts["edges"]["tokyo"]["failure"] == "generic_timeout_error"


async def test_a_silent_edge_is_not_blocked_before_enough_attempts() -> None:
    """Too little time proves nothing about it: it is neither open nor shut, and so the check decides nothing."""
    async with full_backlog() as port, tcp_server(silence, host="127.0.0.3", port=port):
        failure, facts = await context(
            port, budget=0.2, addresses=pinned("127.0.0.3", "127.0.0.3", "127.0.0.1")
        )
    assert failure is Failure.INCONCLUSIVE
    assert (facts["open"], facts["shut"], facts["barred"]) == (["dublin"], [], [])


async def test_a_name_that_is_not_answered_fails_its_own_edge() -> None:
    """An edge whose name lookup gets no reply has failed, and the others are judged as usual."""
    known = {ROAMING: ["127.0.0.1"], HOSTS["dublin"]: ["127.0.0.1"]}
    async with tcp_server(silence) as port, name_server(lambda _query, _tcp: []) as server:
        failure, facts = await context(port, budget=0.3, addresses=known, servers=[server])
    assert failure is None
    assert facts["open"] == ["dublin"]
    assert (facts["shut"], facts["barred"]) == (["tokyo"], [])


async def test_names_are_resolved_and_aliases_recognized() -> None:
    """Roaming is recognized by a CNAME, too, and an edge that does not resolve has the DNS failure."""
    records = {
        f"{ROAMING} A": [f"{ROAMING} CNAME {HOSTS['dublin']}.", f"{HOSTS['dublin']} A 127.0.0.1"],
        f"{HOSTS['dublin']} A": [f"{HOSTS['dublin']} A 127.0.0.4"],
    }
    async with tcp_server(silence) as port, name_server(zone(records)) as server:
        failure, facts = await context(port, servers=[server])
    assert failure is None
    assert facts["roaming_edge"] == "dublin"
    assert facts["edges"]["tokyo"]["failure"] == "dns_nxdomain_error"
    assert facts["edges"]["dublin"]["failure"] == "connection_refused"


async def test_only_an_edge_that_clients_may_use_and_that_has_a_name_is_barred() -> None:
    """An edge counts as barred only if the network allows it and its name resolves."""
    async with tcp_server(silence) as port:
        here = pinned("127.0.0.1", "127.0.0.1", "127.0.0.2")
        _, allowed = await context(port, allowed=["dublin", "tokyo"], addresses=here)
        _, elsewhere = await context(port, allowed=["dublin"], addresses=here)
        async with name_server(zone({f"{HOSTS['dublin']} A": [f"{HOSTS['dublin']} A 127.0.0.1"]})) as server:
            _, nameless = await context(port, servers=[server])
    assert allowed["barred"] == ["tokyo"]
    assert elsewhere["barred"] == []
    assert (nameless["shut"], nameless["barred"]) == (["tokyo"], [])


async def test_no_name_at_all_is_a_dns_word() -> None:
    """If nothing resolves, the step fails with the DNS failure of the roaming name."""
    async with name_server(zone({}, rcode="SERVFAIL")) as server:
        failure, facts = await context(443, servers=[server])
    assert failure is Failure.DNS_SERVFAIL_ERROR
    assert facts["open_count"] == 0
    assert facts["shut_count"] == 2


async def test_edges_are_looked_at_side_by_side() -> None:
    """Many silent edges take no longer than one."""
    hosts = {f"edge{n}": f"edge{n}.example" for n in range(20)}
    addresses = {host: ["127.0.0.1"] for host in (ROAMING, *hosts.values())}
    async with full_backlog() as port:
        start = asyncio.get_running_loop().time()
        _, facts = await see(edges.probe, ROAMING, port, budget=2.5, hosts=hosts, addresses=addresses)
    assert asyncio.get_running_loop().time() - start < 2
    assert facts["shut_count"] == 20


async def test_edges_that_all_refuse() -> None:
    """Whether every edge refuses is a fact: an outage of the service looks like that, too."""
    async with tcp_server(silence) as port:
        _, every = await context(port, addresses=pinned("127.0.0.2", "127.0.0.2", "127.0.0.3"))
        _, some = await context(port, addresses=pinned("127.0.0.2", "127.0.0.2", "127.0.0.1"))
    assert every["shut"] == ["dublin", "tokyo"]
    assert (every["all_refuse"], every["refused_early"]) == (True, False)
    assert "refused_early" not in some
    assert some["all_refuse"] is False
    async with full_backlog() as port:
        _, silent = await context(port, addresses=pinned("127.0.0.2", "127.0.0.2", "127.0.0.1"))
    assert silent["all_refuse"] is False


async def test_an_address_is_tried_once() -> None:
    """Roaming and the edge that it leads to are one address: one connection decides for both."""
    asked: list[int] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(1)

    async with tcp_server(count) as port:
        _, facts = await context(port, addresses=pinned("127.0.0.1", "127.0.0.1", "127.0.0.2"))
    assert len(asked) == 1
    assert facts["roaming_ms"] == facts["edges"]["dublin"]["ms"] > 0


@pytest.mark.parametrize(("late", "ratio"), [(1, 1.0), (100, 20.0)])
async def test_one_late_packet_makes_no_edge_far(
    monkeypatch: pytest.MonkeyPatch, late: int, ratio: float
) -> None:
    """Where roaming's edge seems far, the least of several round trips counts. An edge that is far stays far."""
    calls: list[str] = []

    async def timed(flow: Flow, _: ProbeContext) -> float:
        calls.append(flow.address)
        return 200.0 if flow.address == "127.0.0.1" and calls.count("127.0.0.1") <= late else 10.0

    monkeypatch.setattr(edges, "open_tcp", timed)
    failure, facts = await context(443, addresses=pinned("127.0.0.1", "127.0.0.1", "127.0.0.2"))
    assert failure is None
    assert facts["extra_ratio"] == ratio
    assert facts["roaming_ms"] == facts["edges"]["dublin"]["ms"]
    assert calls.count("127.0.0.1") == 6


@pytest.mark.parametrize(("lost", "ratio"), [(0, 20.0), (3, 20.0), (6, 1.0)])
async def test_few_round_trips_make_no_edge_far(
    monkeypatch: pytest.MonkeyPatch, lost: int, ratio: float
) -> None:
    """Five round trips of each edge are compared, with more connections where some are lost; fewer prove nothing."""
    calls: list[str] = []

    async def timed(flow: Flow, _: ProbeContext) -> float:
        calls.append(flow.address)
        if 1 < calls.count("127.0.0.2") <= lost + 1:
            await asyncio.Event().wait()
        return 200.0 if flow.address == "127.0.0.1" else 10.0

    monkeypatch.setattr(edges, "open_tcp", timed)
    _, facts = await context(443, addresses=pinned("127.0.0.1", "127.0.0.1", "127.0.0.2"))
    assert facts["extra_ratio"] == ratio
