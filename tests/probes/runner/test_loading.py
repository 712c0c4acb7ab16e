"""The first check starts before the others are loaded; what a load takes counts as nobody's time."""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping

import pytest

from probes.checks import Probe
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan, Step, Target
from probes.runner.run import run_plan

PLACE = Target("signaling", "voice.example", 443)
PATIENCE = 5.0  # seconds until a test gives up
LOAD = (
    0.25  # seconds that a check but the first takes to load: longer than a busy machine keeps a step waiting
)


class SlowProbes(Mapping[str, Probe]):
    """Checks of which all but the first take `LOAD` to load, once."""

    def __init__(self) -> None:
        self.events: list[str] = []  # loads and starts, in order

    def __getitem__(self, name: str) -> Probe:
        if name == "missing":
            raise ImportError("no such module")
        if name != "first" and f"load {name}" not in self.events:
            self.events.append(f"load {name}")
            until = time.perf_counter() + LOAD
            while time.perf_counter() < until:  # as an import does, it uses the processor
                pass
        return self._first if name == "first" else self._other

    def __iter__(self) -> Iterator[str]:
        return iter(("first", "other", "another"))

    def __len__(self) -> int:
        return 3

    async def _first(self, step: Step, context: ProbeContext) -> None:
        self.events.append(step.id)
        await asyncio.sleep(LOAD / 3)  # the answer comes while other checks load
        self.events.append(f"{step.id} ended")

    async def _other(self, step: Step, context: ProbeContext) -> None:
        self.events.append(step.id)


def step(name: str, probe: str, after: tuple[str, ...] = (), budget: float = PATIENCE) -> Step:
    return Step(name, probe, PLACE, budget, after=after)


async def collect(*steps: Step, budget: float) -> tuple[list[str], dict[str, Observation]]:
    probes = SlowProbes()
    async with run_plan(Plan(steps, budget), probes) as coming:
        observations = {observation.step: observation async for observation in coming}
    return probes.events, observations


async def test_the_first_check_starts_before_the_others_are_loaded() -> None:
    """It reads its answers between two loads, and the others start once they are all loaded."""
    events, observations = await collect(
        step("a", "first"), step("b", "other"), step("c", "another"), budget=PATIENCE
    )
    assert events == ["a", "load other", "a ended", "load another", "b", "c"]
    assert [observation.failure for observation in observations.values()] == [None, None, None]


async def test_loading_is_not_counted_as_time_of_the_plan_or_a_step() -> None:
    """To load a check takes longer here than its step and the plan may take, and it has a result."""
    _, observations = await collect(
        step("a", "first"),
        step("b", "other", budget=LOAD * 4 / 5),
        step("c", "other", after=("a",), budget=LOAD * 4 / 5),
        budget=LOAD * 5 / 6,
    )
    assert {name: observation.failure for name, observation in observations.items()} == dict.fromkeys("abc")
    assert observations["b"].runtime < LOAD * 4 / 5


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


async def test_a_run_that_is_canceled_while_checks_load_ends() -> None:
    """No check starts afterwards."""
    probes = SlowProbes()
    plan = Plan((step("a", "first"), step("b", "other"), step("c", "another")), PATIENCE)
    with pytest.RaisesGroup(TimeoutError):
        async with run_plan(plan, probes) as coming:
            await asyncio.wait_for(anext(coming), LOAD / 6)
    assert not {"b", "c"} & set(probes.events)
