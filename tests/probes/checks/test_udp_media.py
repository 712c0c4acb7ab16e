"""The udp_media probe against coturn, and against a server with a lossy network and a NAT played in front."""

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any

import pytest

from probes.checks import udp_media
from probes.checks.media_allocations import _HEAD_START
from probes.checks.media_egress import Egress
from probes.net.stun import StunMessage, TransportAddress
from probes.net.stun_client import open_stun
from probes.protocol.failures import Failure
from tests.fakes import stun_mapped, stun_server, tcp_server
from tests.media_turn import MediaTurn
from tests.probes.checks.run_one_probe import see
from tests.turnserver import SECRETS, Coturn

EPHEMERAL = range(32768, 61000)  # Linux's, where ours come from


async def prove(
    ways: list[dict[str, Any]], secrets: Mapping[str, str] = SECRETS, budget: float = 3.0, **params: Any
) -> tuple[Failure | None, dict[str, Any]]:
    return await see(
        udp_media.probe,
        "",
        0,
        transport="udp",
        budget=budget,
        secrets=secrets,
        turn=ways,
        ranges=["127.0.0.0/8"],
        ports=[1024, 65535],
        **params,
    )


@pytest.mark.parametrize("transports", [("udp", "tcp", "tls"), ("udp",), ("tcp",), ("tls",)])
async def test_open_ways_are_proven(turn_server: Coturn, transports: tuple[str, ...]) -> None:
    """Over any control channel, six real ports pass in both directions, from low and ephemeral source ports."""
    failure, facts = await prove(turn_server.ways(*transports))
    assert failure is None
    assert (facts["outbound_ok"], facts["inbound_ok"]) == (6, 6)
    assert len({entry["port"] for entry in facts["tried"]}) == 6
    assert facts["ephemeral"] == "same"
    assert facts["in_range"] is True
    assert facts["lost_ports"] == []


@pytest.mark.parametrize(
    ("longest", "ways"),
    [
        ({}, ("passes", "passes")),
        ({"longest_out": 1000}, ("lost", "passes")),
        ({"longest_in": 1000}, ("passes", "lost")),
        ({"longest_out": 1000, "longest_in": 1000}, ("lost", "lost")),
    ],
)
async def test_datagrams_of_a_handshakes_size(longest: dict[str, int], ways: tuple[str, str]) -> None:
    """Each way, long datagrams are told from short ones, which prove that the ports are open."""
    async with MediaTurn(**longest).run() as server:  # type: ignore[arg-type]  # two of its fields
        failure, facts = await prove(server.ways(), budget=3.6)
    assert failure is None
    assert (facts["long_out"], facts["long_in"]) == ways
    lost = {f"lost_long_{way}": 1228 for way, word in zip(("out", "in"), ways, strict=True) if word == "lost"}
    assert {name: value for name, value in facts.items() if name.startswith("lost_long")} == lost
    assert (facts["outbound_ok"], facts["inbound_ok"]) == (6, 6)


async def test_where_nothing_arrives_long_datagrams_are_not_known() -> None:
    """A port that is blocked says nothing about sizes."""
    async with MediaTurn(outbound=lambda number, relayed, source: False).run() as server:
        facts = (await prove(server.ways()))[1]
    assert (facts["long_out"], facts["long_in"]) == ("unknown", "unknown")
    async with MediaTurn(inbound=lambda number, relayed, source: False).run() as server:
        facts = (await prove(server.ways()))[1]
    assert (facts["long_out"], facts["long_in"]) == ("passes", "unknown")


async def test_what_passes_measures_the_path() -> None:
    """The datagrams of the proof have a round trip, and their loss is counted; nothing more is sent for it."""
    async with MediaTurn(
        outbound=lambda number, relayed, source: number != 1 or source in EPHEMERAL
    ).run() as server:
        failure, facts = await prove(server.ways())
    assert failure is None
    assert facts["echo_sent"] - facts["echo_lost"] == 12
    assert facts["echo_lost"] in range(5, 13)  # the first one of each port
    assert 0 < facts["echo_rtt_ms"] < 500


async def test_a_stream_is_the_better_control(turn_server: Coturn) -> None:
    """UDP's allocation is not taken where a stream gives one too."""
    failure, facts = await prove(turn_server.ways("udp", "tls"), count=1)
    assert failure is None
    assert facts["via"].endswith("/tls")


async def test_one_server_that_answers_is_enough(turn_server: Coturn) -> None:
    """While the first endpoint answers, no other one is asked; if it refuses, the next one is asked at once."""
    asked: list[int] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(1)

    async with tcp_server(count) as other:
        spare = {"host": "127.0.0.1", "port": other, "transport": "tls"}
        failure, _ = await prove([spare, *turn_server.ways("tcp")], count=1)
        assert failure is None
        assert asked == []
        refusing = {"host": "127.0.0.9", "port": other, "transport": "tcp"}
        start = time.perf_counter()
        failure, _ = await prove([refusing, *turn_server.ways("tls")], count=1)
    assert failure is None
    assert time.perf_counter() - start < _HEAD_START + 0.5


async def test_without_credentials_nothing_is_proven(turn_server: Coturn) -> None:
    """The first challenge ends it: no_credentials, with the server reached."""
    failure, facts = await prove(turn_server.ways("udp", "tcp", "tls"), secrets={})
    assert failure is Failure.NO_CREDENTIALS
    assert facts["reached"] is True


async def test_wrong_credentials_are_the_servers_word(turn_server: Coturn) -> None:
    """A refusal is reported as a refusal, not as a fault of the network."""
    failure, facts = await prove(turn_server.ways("udp", "tcp"), secrets={**SECRETS, "credential": "wrong"})
    assert failure is Failure.TURN_UNAUTHORIZED
    assert set(facts["turn_failures"].values()) == {"turn_unauthorized"}


async def test_without_a_server_it_is_inconclusive() -> None:
    """Without a TURN server, or if none answers, nothing is known about the media range."""
    assert (await prove([]))[0] is Failure.INCONCLUSIVE
    async with MediaTurn().run() as server:
        ways = server.ways()
    failure, facts = await prove(ways)
    assert failure is Failure.INCONCLUSIVE
    assert facts["reached"] is False


async def test_the_end_of_the_budget_is_inconclusive() -> None:
    """A server that stays silent until the budget ends is no timeout of the media's."""
    async with MediaTurn(answers_stun=False).run() as server:
        ways = [{"host": "127.0.0.1", "port": server.stun_port, "transport": "udp"}]
        failure, _ = await prove(ways, budget=0.2)
    assert failure is Failure.INCONCLUSIVE


async def test_dropped_outbound() -> None:
    """When nothing arrives although our address is known: udp_outbound_lost, after few datagrams a port."""
    start = time.perf_counter()
    async with MediaTurn(outbound=lambda number, relayed, source: False).run() as server:
        failure, facts = await prove(server.ways())
    assert failure is Failure.UDP_OUTBOUND_LOST
    assert (facts["outbound_ok"], facts["outbound_lost"]) == (0, 6)
    assert {entry["sent"] for entry in facts["tried"]} <= {3, 11}
    assert facts["boundary"] is None
    assert facts["stun_silent"] is False
    assert time.perf_counter() - start < 1.5


async def test_dropped_inbound() -> None:
    """What goes out and does not come back is udp_inbound_lost."""
    async with MediaTurn(inbound=lambda number, relayed, source: False).run() as server:
        failure, facts = await prove(server.ways())
    assert failure is Failure.UDP_INBOUND_LOST
    assert (facts["outbound_ok"], facts["outbound_lost"]) == (6, 0)
    assert (facts["inbound_ok"], facts["inbound_lost"]) == (0, 6)


async def test_a_part_of_the_range() -> None:
    """Where some ports pass, the lost ones are named and spanned."""
    shut: set[int] = set()

    def outbound(number: int, relayed: int, source: int) -> bool:
        if len(shut) < 3:
            shut.add(relayed)
        return relayed not in shut

    async with MediaTurn(outbound=outbound).run() as server:
        failure, facts = await prove(server.ways())
    assert failure is Failure.UDP_OUTBOUND_LOST
    assert facts["lost_ports"] == sorted(shut)
    assert facts["boundary"] == f"{min(shut)}-{max(shut)}"
    assert (facts["outbound_ok"], facts["inbound_ok"], facts["outbound_lost"]) == (3, 3, 3)


async def test_chance_gets_a_second_round() -> None:
    """One port that lost three datagrams while the others pass is asked again before it is called lost."""
    unlucky: list[int] = []

    def outbound(number: int, relayed: int, source: int) -> bool:
        if source not in EPHEMERAL and not unlucky:
            unlucky.append(source)
        return source not in unlucky or number > 6

    async with MediaTurn(outbound=outbound).run() as server:
        failure, facts = await prove(server.ways())
    assert failure is None
    assert max(entry["sent"] for entry in facts["tried"]) > 3


@pytest.mark.parametrize("direction", ["outbound", "inbound"])
async def test_a_rule_on_ephemeral_source_ports(direction: str) -> None:
    """What passes from a low port and not from an ephemeral one is that direction's loss."""
    rule = {direction: lambda number, relayed, source: source not in EPHEMERAL}
    async with MediaTurn(**rule).run() as server:
        failure, facts = await prove(server.ways())
    assert facts["ephemeral"] == f"{direction}_lost"
    assert failure is Failure(f"udp_{direction}_lost")
    assert facts["lost_ports"] == []


async def test_a_pool_with_two_public_addresses() -> None:
    """TCP leaves by one address and UDP by another: STUN teaches it, and nothing is lost."""
    async with MediaTurn(udp_public="198.51.100.77").run() as server:
        failure, facts = await prove(server.ways())
    assert failure is None
    assert facts["outbound_ok"] == 6


async def test_a_pool_of_neighbours_without_stun() -> None:
    """If STUN does not answer, the addresses next to the one that TCP leaves from are permitted, too."""
    async with MediaTurn(udp_public="203.0.113.11", answers_stun=False).run() as server:
        failure, _ = await prove(server.ways())
    assert failure is None


async def test_a_pool_nobody_told_us_of() -> None:
    """Silence from a server whose STUN is silent too, and is not known to listen, is no verdict."""
    async with MediaTurn(udp_public="198.51.100.77", answers_stun=False).run() as server:
        failure, facts = await prove(server.ways())
    assert failure is Failure.INCONCLUSIVE
    assert facts["stun_silent"] is True


async def test_all_udp_dropped() -> None:
    """If the server's own STUN port, known to listen, is silent as well, all UDP is dropped."""
    dead = MediaTurn(answers_stun=False, unreachable=False, outbound=lambda number, relayed, source: False)
    async with dead.run() as server:
        failure, facts = await prove(server.ways(stun_known=True))
    assert failure is Failure.UDP_OUTBOUND_LOST
    assert facts["stun_silent"] is True


async def test_a_pool_with_stun_blocked() -> None:
    """Silence of a known STUN server is no verdict when the relaying host shows that datagrams reach it."""
    async with MediaTurn(udp_public="198.51.100.77", answers_stun=False).run() as server:
        failure, facts = await prove(server.ways(stun_known=True))
    assert failure is Failure.INCONCLUSIVE
    assert facts["stun_silent"] is True


async def test_random_loss_is_no_verdict() -> None:
    """Five per cent lost at random in each direction never makes a port lost."""
    chance = random.Random(31009)
    keeps = {way: lambda number, relayed, source: chance.random() >= 0.05 for way in ("outbound", "inbound")}
    async with MediaTurn(**keeps).run() as server:
        for _ in range(10):
            failure, facts = await prove(server.ways())
            assert failure is None, facts


async def test_a_server_that_forbids_peers() -> None:
    """403 for our permissions is the server's failure, and proves nothing about the network."""
    async with MediaTurn(forbids=True).run() as server:
        failure, _ = await prove(server.ways())
    assert failure is Failure.TURN_FORBIDDEN


async def test_the_end_of_the_budget_keeps_what_is_proven() -> None:
    """Allocations that never come cost their own ports only: the others are judged."""
    async with MediaTurn(answers=3).run() as server:
        failure, facts = await prove(server.ways(), budget=0.5)
    assert failure is None
    assert (facts["outbound_ok"], facts["inbound_ok"]) == (3, 3)


@pytest.mark.parametrize("when", ["permission", "datagram"])
async def test_a_control_channel_that_breaks(when: str) -> None:
    """Without the control channel silence means nothing: inconclusive."""
    async with MediaTurn(hangs_up=when).run() as server:
        failure, facts = await prove(server.ways())
    assert failure is Failure.INCONCLUSIVE
    assert facts["outbound_lost"] == 0


async def test_ports_outside_the_media_range_do_not_count(turn_server: Coturn) -> None:
    """A relayed port outside the media range proves nothing."""
    failure, facts = await see(
        udp_media.probe, "", 0, secrets=SECRETS, turn=turn_server.ways("tcp"), ports=[1, 2], count=2
    )
    assert failure is Failure.INCONCLUSIVE
    assert facts["tried"] == []


async def test_a_far_server_is_no_lossy_one() -> None:
    """A STUN request that was sent again before its answer could arrive was not lost."""

    asked: list[StunMessage] = []

    def later(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        asked.append(request)
        return [stun_mapped(asked[0], TransportAddress(*peer))] if len(asked) == 2 else []

    egress = Egress(asyncio.Event())
    async with stun_server(later) as port, open_stun() as stun:
        await egress.ask(stun, TransportAddress("127.0.0.1", port))
    assert egress.stun_answers == 1
    assert (egress.meter.sent, egress.meter.lost) == (1, 0)
