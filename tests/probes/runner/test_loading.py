"""The first check starts before the others are loaded; what a load takes counts as nobody's time."""

import asyncio
import logging
import threading
from collections.abc import Iterator, Mapping

import pytest

from probes.checks import Probe
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan, Step, Target
from probes.runner.run import run_plan

PLACE = Target("signaling", "voice.example", 443)
PATIENCE = 5.0  # seconds until a test gives up


class SlowProbes(Mapping[str, Probe]):
    """Checks of which all but the first are loaded when `release` is set."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.was_released: list[bool] = []  # in time for each load
        self.starts: list[str] = []

    def __getitem__(self, name: str) -> Probe:
        if name == "missing":
            raise ImportError("no such module")
        if name != "first":
            self.was_released.append(self.release.wait(PATIENCE))
        return self._first if name == "first" else self._other

    def __iter__(self) -> Iterator[str]:
        return iter(("first", "other"))

    def __len__(self) -> int:
        return 2

    async def _first(self, step: Step, context: ProbeContext) -> None:
        self.starts.append(step.id)
        await asyncio.sleep(0.03)
        self.starts.append(f"{step.id} ended")
        self.release.set()

    async def _other(self, step: Step, context: ProbeContext) -> None:
        self.starts.append(step.id)


def step(name: str, probe: str, after: tuple[str, ...] = ()) -> Step:
    return Step(name, probe, PLACE, 0.02 if probe == "other" else PATIENCE, after=after)


async def collect(*steps: Step, budget: float) -> tuple[SlowProbes, dict[str, Observation]]:
    probes = SlowProbes()
    async with run_plan(Plan(steps, budget), probes) as coming:
        return probes, {observation.step: observation async for observation in coming}


async def test_the_first_check_starts_before_the_others_are_loaded() -> None:
    """The first check runs while the others load; they start once they are there."""
    probes, observations = await collect(step("a", "first"), step("b", "other"), budget=PATIENCE)
    assert all(probes.was_released)
    assert probes.starts == ["a", "a ended", "b"]
    assert [observation.failure for observation in observations.values()] == [None, None]


async def test_loading_is_not_counted_as_time_of_the_plan_or_a_step() -> None:
    """To load a check takes longer here than its step and the plan may take, and it has a result."""
    _, observations = await collect(
        step("a", "first"), step("b", "other"), step("c", "other", after=("a",)), budget=0.025
    )
    assert {name: observation.failure for name, observation in observations.items()} == dict.fromkeys("abc")
    assert observations["b"].runtime < 0.02


async def test_a_check_that_cannot_be_loaded_costs_its_own_step_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The error of a load is logged where the check would run, first or later; the others have results."""
    with caplog.at_level(logging.ERROR):
        _, observations = await collect(
            step("a", "first"), step("b", "missing"), step("c", "other"), budget=PATIENCE
        )
        _, as_first = await collect(step("b", "missing"), step("a", "first"), budget=PATIENCE)
    assert observations["b"].failure is as_first["b"].failure is Failure.PROBE_CRASHED
    assert observations["a"].failure is observations["c"].failure is as_first["a"].failure is None
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["no such module"] * 2


def test_a_run_that_is_cancelled_while_checks_load_ends() -> None:
    """The thread goes on without the event loop of the run, and raises nothing."""
    probes = SlowProbes()

    async def leave() -> None:
        async with run_plan(Plan((step("a", "first"), step("b", "other")), PATIENCE), probes) as coming:
            await asyncio.wait_for(anext(coming), 0.01)

    before = set(threading.enumerate())
    with pytest.RaisesGroup(TimeoutError):
        asyncio.run(leave())
    loading = set(threading.enumerate()) - before
    probes.release.set()
    for thread in loading:
        thread.join(PATIENCE)
    assert len(loading) == 1
    assert all(probes.was_released)
    assert "b" not in probes.starts
