"""The runner: in parallel, in order where needed, within budgets; one crash affects one step."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import pytest

from probes.checks import Probe
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan, Step, Target
from probes.runner.run import run_plan

PLACE = Target("signaling", "voice.example", 443)


def step(name: str, probe: str = "fine", *, after: tuple[str, ...] = (), budget: float = 5.0) -> Step:
    return Step(name, probe, PLACE, budget, after=after)


async def fine(step: Step, context: ProbeContext) -> None:
    context.note(seen=True)


async def shut(step: Step, context: ProbeContext) -> Failure:
    return Failure.CONNECTION_REFUSED


async def stuck(step: Step, context: ProbeContext) -> None:
    context.note(begun=True)
    await asyncio.Event().wait()


async def broken(step: Step, context: ProbeContext) -> None:
    context.note(begun=True)
    raise LookupError("a bug")


def raising(error: Exception) -> Probe:
    async def probe(step: Step, context: ProbeContext) -> Failure | None:
        raise error

    return probe


PROBES: dict[str, Callable[[Step, ProbeContext], Awaitable[Failure | None]]] = {
    "fine": fine,
    "shut": shut,
    "stuck": stuck,
    "broken": broken,
}


async def collect(
    *steps: Step, budget: float = 5.0, probes: dict[str, Probe] = PROBES
) -> dict[str, Observation]:
    async with run_plan(Plan(steps, budget), probes) as observations:
        return {seen.step: seen async for seen in observations}


async def test_every_step_is_observed_with_its_facts() -> None:
    """A step that worked has no failure, its facts, its start by the wall clock and its runtime."""
    before = time.time()
    seen = (await collect(step("a")))["a"]
    assert seen.failure is None
    assert seen.facts == {"seen": True}
    assert (seen.probe, seen.target) == ("fine", PLACE)
    assert before - 1 < seen.started < time.time() + 1
    assert 0 <= seen.runtime < 1
    assert seen.has_result


async def test_an_empty_plan_ends_at_once() -> None:
    """A plan without steps has no observations."""
    assert await collect() == {}


async def test_steps_run_side_by_side() -> None:
    """Two steps that wait for each other both end."""
    meeting = asyncio.Barrier(2)

    async def meet(step: Step, context: ProbeContext) -> None:
        await meeting.wait()

    seen = await collect(step("a", "meet"), step("b", "meet"), probes={"meet": meet})
    assert [observation.failure for observation in seen.values()] == [None, None]


async def test_a_step_waits_for_those_it_comes_after_and_sees_their_facts() -> None:
    """A step after two others starts when both have ended, and is given what they saw."""
    given: dict[str, object] = {}

    async def late(step: Step, context: ProbeContext) -> None:
        given.update({name: dict(seen.facts) for name, seen in context.earlier.items()})

    seen = await collect(
        step("c", "late", after=("a", "b")), step("a"), step("b"), probes={**PROBES, "late": late}
    )
    assert list(seen)[-1] == "c"
    assert given == {"a": {"seen": True}, "b": {"seen": True}}


async def test_a_failure_skips_what_comes_after_all_the_way() -> None:
    """What comes after a failed step is skipped, and so is what comes after that, each with its reason."""
    seen = await collect(step("a", "shut"), step("b", after=("a",)), step("c", after=("b",)))
    assert seen["b"].failure is Failure.SKIPPED
    assert seen["b"].facts == {"because": "a", "because_failure": "connection_refused"}
    assert seen["c"].failure is Failure.SKIPPED
    assert seen["c"].facts["because"] == "b"
    assert not seen["b"].has_result


async def test_a_crash_costs_its_own_step_only(caplog: pytest.LogCaptureFixture) -> None:
    """A bug in one probe is logged with its traceback, and every other step is observed."""
    with caplog.at_level(logging.ERROR):
        seen = await collect(step("a", "broken"), step("b"), step("c", after=("b",)))
    assert seen["a"].failure is Failure.PROBE_CRASHED
    assert seen["a"].facts == {"begun": True}
    assert seen["b"].failure is None
    assert seen["c"].failure is None
    assert "a bug" in caplog.text


async def test_a_probe_that_is_not_there_is_a_crash(caplog: pytest.LogCaptureFixture) -> None:
    """A plan may name a probe this relay does not have."""
    seen = await collect(step("a", "missing"), step("b"))
    assert seen["a"].failure is Failure.PROBE_CRASHED
    assert seen["b"].failure is None


async def test_a_check_that_judges_silence_is_inconclusive_when_its_budget_ends() -> None:
    """A busy host is no dropped packet: only the check itself may say that nobody answered."""

    async def busy(step: Step, context: ProbeContext) -> None:
        context.judges_silence = True
        await asyncio.Event().wait()

    seen = await collect(step("a", "busy", budget=0.02), probes={"busy": busy})
    assert seen["a"].failure is Failure.INCONCLUSIVE


async def test_a_budget_ends_a_step_and_keeps_its_facts() -> None:
    """When a step's budget ends, it has timed out, its facts are kept, and the other steps continue."""
    seen = await collect(step("a", "stuck", budget=0.02), step("b"))
    assert seen["a"].failure is Failure.GENERIC_TIMEOUT_ERROR
    assert seen["a"].facts == {"begun": True}
    assert 0.02 <= seen["a"].runtime < 1
    assert seen["b"].failure is None


async def test_a_budget_counts_from_the_steps_own_start() -> None:
    """Waiting for another step costs nothing of one's own budget."""

    async def slow(step: Step, context: ProbeContext) -> None:
        await asyncio.sleep(0.05)

    seen = await collect(
        step("a", "slow"), step("b", after=("a",), budget=0.04), probes={**PROBES, "slow": slow}
    )
    assert seen["b"].failure is None


async def test_the_plans_budget_ends_all_steps() -> None:
    """When the plan's budget is over, what is left, and what waits for it, is observed as out of time."""
    seen = await collect(step("a", "stuck"), step("b", after=("a",)), step("c"), budget=0.05)
    assert {name: observation.failure for name, observation in seen.items()} == {
        "a": Failure.OUT_OF_TIME,
        "b": Failure.OUT_OF_TIME,
        "c": None,
    }


async def test_observations_come_as_they_end() -> None:
    """A finished step is handed over while another still runs."""
    async with run_plan(Plan((step("a", "stuck"), step("b")), 5.0), PROBES) as observations:
        async with asyncio.timeout(1):
            assert (await anext(observations)).step == "b"


async def test_leaving_cancels_what_runs() -> None:
    """Leaving the block ends every step that still runs, and leaves no task behind."""
    ended = asyncio.Event()

    async def endless(step: Step, context: ProbeContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    probes = {**PROBES, "endless": endless}
    async with run_plan(Plan((step("a", "endless"), step("b")), 5.0), probes) as observations:
        await anext(observations)
    assert ended.is_set()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_error_inside_the_block_comes_out_and_cancels() -> None:
    """An error in the block is not swallowed, and stops the run."""
    with pytest.RaisesGroup(LookupError):
        async with run_plan(Plan((step("a", "stuck"),), 5.0), PROBES):
            raise LookupError
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ConnectionResetError(104, "x"), Failure.CONNECTION_RESET),
        (TimeoutError(), Failure.GENERIC_TIMEOUT_ERROR),
        (EOFError(), Failure.EOF_ERROR),
        (OSError(101, "x"), Failure.NETWORK_UNREACHABLE),
    ],
)
async def test_an_exception_becomes_its_word(error: Exception, word: Failure) -> None:
    """A network error that a check raises becomes its failure."""
    seen = await collect(step("a", "raises"), probes={"raises": raising(error)})
    assert seen["a"].failure is word
