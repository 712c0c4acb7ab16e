"""The quality probe against servers that lose, delay, and refuse."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from probes.checks import quality
from probes.checks.context import ProbeContext, RunContext
from probes.checks.quality import confirm, jitter_of, measure
from probes.net.guard import GUARD
from probes.net.loss import LossMeter
from probes.net.resolver import Resolver
from probes.net.stun import StunClass, StunMessage, parse_message
from probes.protocol.failures import EgressDenied, Failure
from probes.protocol.model import Plan, Step, Target
from tests.fakes import Datagrams, StunReply, stun_answer, stun_mapped, stun_server
from tests.probes.checks.run_one_probe import see
from tests.turnserver import HOST, OTHER_HOST, Coturn

LIMITS = {"rtt_ms": 200, "jitter_ms": 30, "loss_percent": 3, "mos": 3.5}


def losing(is_lost: Callable[[int], bool]) -> StunReply:
    """A server that does not answer the requests, counted from 0, of which *is_lost* is true."""
    seen: list[bytes] = []

    def reply(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        seen.append(request.transaction)
        return [] if is_lost(len(seen) - 1) else [stun_mapped(request, peer)]

    return reply


async def test_a_good_line_is_measured_in_half_a_second(turn_server: Coturn) -> None:
    """A real server answers 50 packets, and no more are sent, in one of three tries: this host may be busy."""
    loop = asyncio.get_running_loop()
    for _ in range(3):
        began = loop.time()
        failure, facts = await see(
            quality.probe, HOST, turn_server.port, transport="udp", budget=4, limits=LIMITS
        )
        assert failure is None
        if facts["sent"] == 50:
            break
    assert (facts["sent"], facts["lost"], facts["loss_is"]) == (50, 0, "below")
    assert (facts["loss_low_percent"], facts["loss_high_percent"]) == (0.0, 7.1)
    assert facts["rtt_min_ms"] <= facts["rtt_ms"] < 50
    assert facts["mos"] > 4.2
    assert loop.time() - began < 1.0


async def measured(
    replies: StunReply, others: StunReply | None = None
) -> tuple[Failure | None, dict[str, Any], LossMeter]:
    """What the probe finds at a server that answers *replies*, with a second one that answers *others*."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(stun_server(replies))
        params: dict[str, Any] = {"limits": LIMITS}
        if others:
            other = await stack.enter_async_context(stun_server(others, host=OTHER_HOST))
            params["servers"] = [{"host": HOST, "port": port}, {"host": OTHER_HOST, "port": other}]
        step = Step("quality", "quality", Target("stun", HOST, port, "udp"), 4.0, params)
        context = ProbeContext(RunContext(Plan((step,), 4.0), Resolver()))
        return await quality.probe(step, context), context.facts, context.loss


async def test_loss_is_measured_with_more_packets_and_counted_for_others() -> None:
    """Every eighth packet lost: 200 are sent, the interval holds the truth, and the plan's meter knows it."""
    every_eighth = losing(lambda number: number % 8 == 0)
    failure, facts, meter = await measured(every_eighth, losing(lambda number: number % 8 == 0))
    assert failure is None
    assert (facts["sent"], facts["lost"], facts["loss_is"]) == (200, 25, "above")
    assert facts["loss_low_percent"] < 12.5 < facts["loss_high_percent"]
    assert facts["exceeded_loss_percent"] == 3
    assert (facts["other_host"], facts["other_sent"], facts["other_lost"]) == (OTHER_HOST, 150, 19)
    assert (meter.sent, meter.lost) == (200, 25)


async def test_a_server_that_limits_its_replies_is_no_loss() -> None:
    """One server answers every third packet, the other all: the loss is not known, and the plan's meter is right."""
    failure, facts, meter = await measured(
        losing(lambda number: number % 3 > 0), losing(lambda number: False)
    )
    assert (failure, facts["loss_is"]) == (Failure.INCONCLUSIVE, "unconfirmed")
    assert (facts["other_host"], facts["other_sent"], facts["other_lost"]) == (OTHER_HOST, 150, 0)
    assert facts["rtt_ms"] < 200
    assert not [name for name in facts if name.startswith(("exceeded_", "loss_percent", "loss_low", "mos"))]
    assert (meter.sent, meter.lost) == (150, 0)


async def test_a_second_server_that_was_lucky_at_first_gets_more_packets() -> None:
    """Few losses there may be chance. Only if they are not, the line is not said to lose packets."""
    failure, facts, _ = await measured(
        losing(lambda number: number % 12 == 0),
        losing(lambda number: number % 8 == 0 if number >= 150 else number % 40 == 0),
    )
    assert (failure, facts["sent"], facts["lost"]) == (None, 200, 17)
    assert (facts["loss_is"], facts["other_sent"]) == ("above", 300)


@pytest.mark.parametrize("others", [None, losing(lambda number: True)])
async def test_loss_at_one_server_alone_is_not_confirmed(others: StunReply | None) -> None:
    """Without a second server, or with a silent one, the loss is not known."""
    failure, facts, _ = await measured(losing(lambda number: number % 3 == 0), others)
    assert (failure, facts["loss_is"]) == (Failure.INCONCLUSIVE, "unconfirmed")
    assert "other_sent" not in facts


async def test_a_limit_on_a_line_that_loses_does_not_count_as_loss() -> None:
    """Where both lose, and one far more, the loss is that of the other one."""
    failure, facts, _ = await measured(
        losing(lambda number: number % 3 > 0), losing(lambda number: number % 8 == 0)
    )
    assert (failure, facts["loss_is"]) == (None, "above")
    assert facts["loss_percent"] == pytest.approx(12.7)


@pytest.mark.parametrize(
    ("other", "loss_is"),
    [({}, "unconfirmed"), ((150, 4), "unconfirmed"), ((150, 5), "near"), ((150, 9), "above")],
)
def test_the_second_server_must_agree(other: tuple[int, int], loss_is: str) -> None:
    """Above the limit at one server is above it only if the other one is above it, beyond chance."""
    trips = [20.0] * 43
    counts = {"other_host": OTHER_HOST, "other_sent": other[0], "other_lost": other[1]} if other else {}
    facts = confirm(measure(trips, 50, LIMITS), trips, LIMITS, counts)
    assert facts["loss_is"] == loss_is
    assert ("exceeded_loss_percent" in facts) == (loss_is == "above")


async def test_silence_and_refusals_measure_nothing() -> None:
    """STUN that is blocked says nothing about loss: neither 100 % nor none."""
    async with stun_server(lambda request, peer: []) as port:
        failure, facts = await see(quality.probe, HOST, port, transport="udp", budget=3, limits=LIMITS)
    assert (failure, facts) == (Failure.INCONCLUSIVE, {})
    failure, facts = await see(quality.probe, HOST, port, transport="udp", budget=3, limits=LIMITS)
    assert (failure, facts) == (Failure.INCONCLUSIVE, {})  # now nobody listens: ICMP errors


async def test_what_is_no_answer_does_not_count() -> None:
    """Junk, a stranger's answer, and a second copy change nothing."""

    def reply(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        stranger = StunMessage(request.method, StunClass.SUCCESS, bytes(12))
        answer = stun_mapped(request, peer)
        return [b"junk", stun_answer(stranger, StunClass.SUCCESS), answer, answer]

    async with stun_server(reply) as port:
        failure, facts = await see(quality.probe, HOST, port, transport="udp", budget=4, limits=LIMITS)
    assert failure is None
    assert facts["lost"] == 0
    assert facts["rtt_ms"] < 200


async def test_a_policy_that_stops_it_ends_the_train() -> None:
    """If the relay may send no more packets, what was sent until then is judged."""

    class Tight:
        left = 21  # one for opening the socket

        def check(self, address: str, port: int, transport: str) -> None:
            self.left -= 1
            if self.left < 0:
                raise EgressDenied("too many packets")

    token = GUARD.set(Tight())  # type: ignore[arg-type]  # nothing else is asked here
    try:
        async with stun_server(losing(lambda number: False)) as port:
            failure, facts = await see(quality.probe, HOST, port, transport="udp", limits=LIMITS)
    finally:
        GUARD.reset(token)
    assert failure is None
    assert (facts["sent"], facts["lost"]) == (20, 0)


async def test_a_far_server_loses_nothing() -> None:
    """While answers are on their way from far, and after they came, the plan's meter counts none of them as lost."""
    loop = asyncio.get_running_loop()
    step = Step("quality", "quality", Target("stun", HOST, 0, "udp"), 4.0, {"limits": LIMITS})
    context = ProbeContext(RunContext(Plan((step,), 4.0), Resolver()))
    lost: list[int] = []

    def take(server: Datagrams, data: bytes, peer: tuple[str, int]) -> None:
        lost.append(context.loss.lost)
        loop.call_later(0.4, server.transport.sendto, stun_mapped(parse_message(data), peer), peer)

    transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(take), local_addr=(HOST, 0))
    target = Target("stun", HOST, transport.get_extra_info("sockname")[1], "udp")
    assert await quality.probe(Step("q", "quality", target, 4.0, step.params), context) is None
    transport.close()
    assert set(lost) == {0}
    assert (context.loss.sent, context.loss.lost) == (len(lost), 0)


async def test_one_late_packet_is_no_jitter() -> None:
    """An answer 300 ms late makes the train longer, and is neither lost nor jitter above the limit in the end."""
    loop = asyncio.get_running_loop()
    answered: list[bytes] = []

    def take(server: Datagrams, data: bytes, peer: tuple[str, int]) -> None:
        answered.append(data)
        late = 0.3 if len(answered) == 25 else 0.0
        loop.call_later(late, server.transport.sendto, stun_mapped(parse_message(data), peer), peer)

    transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(take), local_addr=(HOST, 0))
    port = transport.get_extra_info("sockname")[1]
    failure, facts = await see(quality.probe, HOST, port, transport="udp", budget=3, limits=LIMITS)
    transport.close()
    assert failure is None
    assert (facts["sent"], facts["lost"]) == (200, 0)
    assert facts["jitter_ms"] > 2.5
    assert not [name for name in facts if name.startswith("exceeded_")]


@pytest.mark.parametrize(
    ("round_trips", "sent", "exceeded"),
    [
        ([40.0] * 50, 50, {}),
        ([200.0] * 50, 50, {}),  # at the limit is not above it
        ([201.0] * 50, 50, {"exceeded_rtt_ms": 200}),
        ([20.0, 60.0] * 25, 50, {"exceeded_jitter_ms": 30}),
        (
            [20.0] * 148 + [4000.0, 20.0],
            150,
            {},
        ),  # 4 s late once: the mean is above the limit, the line is not
        ([20.0, 5000.0] * 25, 50, {"exceeded_rtt_ms": 200, "exceeded_jitter_ms": 30, "exceeded_mos": 3.5}),
        ([20.0] * 145, 150, {}),  # 3.3 %, but it may be chance
        ([20.0] * 135, 150, {"exceeded_loss_percent": 3, "exceeded_mos": 3.5}),
    ],
)
def test_limits_are_exceeded(round_trips: list[float], sent: int, exceeded: dict[str, float]) -> None:
    """Each limit of the network file is judged by itself."""
    facts = measure(round_trips, sent, LIMITS)
    assert {name: value for name, value in facts.items() if name.startswith("exceeded_")} == exceeded


def test_a_network_without_limits_exceeds_none() -> None:
    """Without limits everything is measured, and nothing is blamed."""
    facts = measure([900.0, 20.0] * 25, 100, {})
    assert facts["loss_is"] == "below"
    assert facts["loss_percent"] == 50
    assert not [name for name in facts if name.startswith("exceeded_")]


def test_loss_near_the_limit_is_not_above_it() -> None:
    """More lost than the limit allows is above it only if chance does not explain it."""
    verdicts = {lost: measure([20.0] * (150 - lost), 150, LIMITS)["loss_is"] for lost in (4, 5, 8, 9, 15)}
    assert verdicts == {4: "below", 5: "near", 8: "near", 9: "above", 15: "above"}


def test_jitter_is_the_mean_difference() -> None:
    """Consecutive differences count, whatever the round trip is; one answer has none."""
    assert jitter_of([10.0, 30.0, 10.0, 10.0, 30.0]) == 15
    assert jitter_of([300.0, 300.0]) == 0
    assert jitter_of([42.0]) == 0
