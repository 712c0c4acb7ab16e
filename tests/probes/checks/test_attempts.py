"""How many failed attempts count as dropped: by what the controls lost, and what the plan measured."""

import asyncio
from random import Random
from typing import Any

import pytest

from probes.checks import stun
from probes.checks.attempts import Flow, Repeated
from probes.checks.context import ProbeContext, RunContext
from probes.net.loss import (
    CHANCE,
    LossMeter,
    attempts_needed,
    interval_of,
    lower_bound,
    upper_bound,
    upper_of,
)
from probes.net.resolver import Resolver
from probes.net.stun import StunMessage
from probes.protocol.failures import EgressDenied, Failure, NetworkError, classify
from probes.protocol.model import Plan, Step, Target
from tests.fakes import stun_mapped, stun_server


def test_without_any_measurement_the_line_may_lose_everything() -> None:
    """Then no number of attempts is enough."""
    assert upper_of(LossMeter(), LossMeter()) == 1.0


def test_clean_controls_and_a_clean_line_count_together() -> None:
    """Six attempts are enough on a line that lost none of 50 packets and no control."""
    assert upper_of(LossMeter(6, 0), LossMeter(50, 0)) == upper_bound(0, 56)
    assert attempts_needed(upper_of(LossMeter(6, 0), LossMeter(50, 0))) == 6


@pytest.mark.parametrize(
    ("controls", "line"), [(LossMeter(10, 4), LossMeter(150, 0)), (LossMeter(30, 0), LossMeter(50, 20))]
)
def test_the_worse_of_two_measurements_decides(controls: LossMeter, line: LossMeter) -> None:
    """A line that spares the one kind of packet may lose the other: many clean packets do not hide that."""
    worse = max(controls, line, key=LossMeter.upper)
    assert upper_of(controls, line) == worse.upper()


def test_a_line_of_which_no_packet_came_back_says_nothing() -> None:
    """UDP is blocked there, perhaps; the controls decide alone, and are reported alone."""
    controls, blocked = LossMeter(12, 1), LossMeter(50, 50)
    assert upper_of(controls, blocked) == controls.upper()
    assert interval_of(controls, blocked) == (controls.lower(), controls.upper())


def test_without_an_answered_control_the_line_decides() -> None:
    """All of TCP is blocked, perhaps, and the small UDP packets still tell what the line loses."""
    assert upper_of(LossMeter(12, 12), LossMeter(50, 2)) == upper_bound(2, 50)


def test_the_interval_is_of_all_packets() -> None:
    """Its lower bound is the one that a report of the loss is held against."""
    low, high = interval_of(LossMeter(10, 2), LossMeter(50, 8))
    assert low == lower_bound(10, 60)
    assert high == LossMeter(10, 2).upper()


class Line:
    """STUN servers behind a line that loses packets at random, always the same ones."""

    def __init__(self, loss: float) -> None:
        self._random, self._loss = Random(20), loss

    def answer(self, request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        """The answer, unless it is lost."""
        return [stun_mapped(request, peer)] if self._random.random() >= self._loss else []


async def _ask(port: int, control: int, budget: float = 2.0) -> tuple[Failure | None, dict[str, Any]]:
    """Check the STUN server at *port*, where the one at *control* answered before."""
    step = Step("look", "stun", Target("stun", "127.0.0.1", port, "udp"), budget)
    context = ProbeContext(RunContext.of(Plan((step,), budget), Resolver(servers=())))
    context.shared.controls.learn("udp", "127.0.0.1", control, 0.001)
    try:
        return await stun.probe(step, context), context.facts
    except OSError as error:
        return classify(error), context.facts
    finally:
        await context.shared.controls.close()


async def test_loss_alone_is_never_called_dropped() -> None:
    """Half of all answers are lost: thirty checks side by side find the server, or say that they do not know."""
    line = Line(0.5)
    async with stun_server(line.answer) as port, stun_server(line.answer) as control:
        results = await asyncio.gather(*(_ask(port, control) for _ in range(30)))
    failures = [failure for failure, _ in results]
    assert Failure.GENERIC_TIMEOUT_ERROR not in failures
    assert failures.count(None) >= 25


async def test_a_drop_is_found_on_a_clean_line_after_few_attempts_and_after_more_on_a_lossy_one() -> None:
    """The controls say how many attempts are enough."""
    async with (
        stun_server(lambda _request, _peer: []) as port,
        stun_server(Line(0.0).answer) as clean,
        stun_server(Line(0.3).answer) as lossy,
    ):
        (failure, facts), (lossy_failure, lossy_facts) = await asyncio.gather(
            _ask(port, clean), _ask(port, lossy)
        )
    assert failure is lossy_failure is Failure.GENERIC_TIMEOUT_ERROR
    for noted in (facts, lossy_facts):
        assert (noted["loss_high_percent"] / 100) ** noted["attempts"] < 1.1 * CHANCE
    assert facts["attempts"] >= 12
    assert facts["loss_low_percent"] == 0.0
    assert facts["loss_high_percent"] < lossy_facts["loss_high_percent"]
    assert lossy_facts["loss_low_percent"] < 30 < lossy_facts["loss_high_percent"]


async def test_a_drop_is_not_called_one_while_no_control_is_answered() -> None:
    """What answered before is silent now, too: the line may have died in between."""
    async with (
        stun_server(lambda _request, _peer: []) as port,
        stun_server(lambda _request, _peer: []) as control,
    ):
        failure, _ = await _ask(port, control, budget=1.2)
    assert failure is Failure.INCONCLUSIVE


async def test_attempts_that_the_packet_limit_held_back_prove_nothing() -> None:
    """Nothing was sent for them: after one silent attempt, and many that were not made, the check is inconclusive."""
    made = 0

    async def attempt() -> None:
        nonlocal made
        made += 1
        if made > 1:
            raise EgressDenied
        await asyncio.Event().wait()

    context = ProbeContext(RunContext.of(Plan((), 2.0), Resolver(servers=())))
    with pytest.raises(NetworkError) as raised:
        await Repeated(attempt, Flow("tcp", "192.0.2.1", 443), context, limit=1.5).run()
    assert raised.value.failure is Failure.INCONCLUSIVE
    assert context.facts["attempts"] == 1
    assert made == 12
