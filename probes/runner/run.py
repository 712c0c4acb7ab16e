"""Run a plan: all steps in parallel, within their budgets; each observation is yielded when its step ends.

The budgets of plans and steps are enforced only here.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from probes.checks import PROBES, Probe
from probes.checks.context import ProbeContext, RunContext
from probes.net.resolver import Resolver
from probes.protocol.failures import Failure, classify
from probes.protocol.model import Observation, Plan, Step, without_result
from probes.runner.loading import PlanProbes

log: Final = logging.getLogger(__name__)


@asynccontextmanager
async def run_plan(
    plan: Plan, probes: Mapping[str, Probe] = PROBES, resolver: Resolver | None = None
) -> AsyncIterator[AsyncIterator[Observation]]:
    """Start *plan* and iterate over its observations. Leaving the block cancels the steps that still run.

    Names are looked up by *resolver*, by default this host's.
    """
    queue: asyncio.Queue[Observation | None] = asyncio.Queue()
    loading = PlanProbes(plan, probes)
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(_run_all(RunContext.of(plan, resolver), loading, queue))
        try:
            yield _drain(queue)
        finally:
            runner.cancel()


async def _drain(queue: asyncio.Queue[Observation | None]) -> AsyncIterator[Observation]:
    while (observation := await queue.get()) is not None:
        yield observation


async def _run_all(shared: RunContext, probes: PlanProbes, queue: asyncio.Queue[Observation | None]) -> None:
    """Run one task per step; steps that are left when the plan's budget ends are out of time."""
    loop, plan = asyncio.get_running_loop(), shared.plan
    results: dict[str, asyncio.Future[Observation]] = {step.id: loop.create_future() for step in plan.steps}

    async def take(step: Step) -> None:
        observation = await _run_step(step, probes, shared, results)
        results[step.id].set_result(observation)
        queue.put_nowait(observation)

    try:
        async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as group:
            for step in plan.steps:
                group.create_task(take(step), name=step.id)
            await probes.load_all()
            limit.reschedule(loop.time() + plan.budget)
    except TimeoutError:
        for step in plan.steps:
            if not results[step.id].done():
                queue.put_nowait(without_result(step, Failure.OUT_OF_TIME))
    finally:
        await shared.controls.close()
    queue.put_nowait(None)


async def _run_step(
    step: Step,
    probes: PlanProbes,
    shared: RunContext,
    results: Mapping[str, asyncio.Future[Observation]],
) -> Observation:
    """Wait for the steps that *step* comes after, then run its check. A crash affects only this step."""
    # Shielded: cancelling the waiting step would otherwise cancel the future, and leave the other step
    # without an observation.
    earlier = {name: await asyncio.shield(results[name]) for name in step.after}
    failed = next((before for before in earlier.values() if before.failure is not None), None)
    if failed is not None:
        return without_result(step, Failure.SKIPPED, because=failed.step, because_failure=failed.failure)
    context = ProbeContext(shared, earlier)
    await probes.wait(step.probe)
    started, begun = time.time(), time.perf_counter()
    failure: Failure | None
    limit = asyncio.timeout(step.budget)
    try:
        async with limit:
            failure = await probes[step.probe](step, context)
    except Exception as error:  # the only place that turns a check's exception into a failure
        failure = classify(error)
        if limit.expired() and context.judges_silence:
            failure = Failure.INCONCLUSIVE  # this host was too busy for the check to reach its own verdict
        if failure is Failure.PROBE_CRASHED:
            log.exception("probe %s crashed in step %s", step.probe, step.id)
    return Observation(
        step=step.id,
        probe=step.probe,
        target=step.target,
        failure=failure,
        facts=dict(context.facts),
        started=round(started, 3),
        runtime=round(time.perf_counter() - begun, 5),
    )
