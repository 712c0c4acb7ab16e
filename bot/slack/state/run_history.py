"""Finished runs, to be looked at again: the latest in memory, older ones walked anew from what the store kept."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.diagnosis.engine import Engine
from bot.diagnosis.triage import Problem, RunRecord, prepare
from bot.model.records import RunRow
from bot.model.request import Request
from bot.slack.runtime.worker_thread import WorkerThread
from bot.slack.state.finished_run import FinishedRun, combine
from bot.storage.store import Store
from knowledge.model.conclusions import Diagnosis
from probes.protocol.model import Observation, Plan

KEPT: Final = 256  # records in memory, some 100 kB each


class RunHistory:
    """Every record by its run."""

    def __init__(self, engine: Engine, store: Store, bench: WorkerThread) -> None:
        self._desk, self._store, self._bench = engine, store, bench
        self._kept: OrderedDict[str, FinishedRun] = OrderedDict()

    def keep(self, seen: FinishedRun) -> None:
        """Remember *seen*; the oldest goes."""
        self._kept[seen.run] = seen
        self._kept.move_to_end(seen.run)
        while len(self._kept) > 1 and sum(len(one.records) for one in self._kept.values()) > KEPT:
            self._kept.popitem(last=False)

    async def get(self, run_id: str) -> FinishedRun | None:
        """Give the record of a run that has a verdict; none for others, and where it is not kept any more."""
        if seen := self._kept.get(run_id):
            self._kept.move_to_end(run_id)
            return seen
        run = await self._store.run(run_id)
        if run is None or run.status != "done":
            return None
        case = await self._store.case(run.case)
        kept = await self._store.record(run_id)
        if case is None or kept is None:
            return None
        request, observations = kept
        latest = (await self._store.runs(run.case))[0].id == run_id
        if latest:  # what has been answered since, and the platform that turned out to be meant
            told = {**request.answers, **case.request.answers}
            request = replace(request, answers=told, platform=request.platform or case.request.platform)
        seen = await self._bench.call(reevaluate, self._desk, run, case.user, request, observations)
        self.keep(seen)
        return seen

    async def latest(self, case_id: str) -> FinishedRun | None:
        """Give the newest run of a case that has a verdict."""
        for run in await self._store.runs(case_id):
            if run.status == "done":
                return await self.get(run.id)
        return None

    async def before(self, seen: FinishedRun) -> FinishedRun | None:
        """Give the run with a verdict that came before *seen* in its case."""
        earlier = False
        for run in await self._store.runs(seen.case):
            if earlier and run.status == "done":
                return await self.get(run.id)
            earlier = earlier or run.id == seen.run
        return None


def reevaluate(
    engine: Engine,
    run: RunRow,
    user: str,
    request: Request,
    observations: Mapping[str, Mapping[str, Observation]],
) -> FinishedRun:
    """Conclude again from what each relay saw then, with the knowledge of now."""
    problem = prepare(request, engine.knowledge, engine.network)
    records = [_one_again(problem, run, name, request, observations.get(name, {})) for name in run.relays]
    return combine(run.case, run.id, user, records)


def _one_again(
    problem: Problem, run: RunRow, relay: str, request: Request, observations: Mapping[str, Observation]
) -> RunRecord:
    told, vantage = run.summary.get("relays", {}).get(relay, run.summary), run.vantages[relay]
    answers = problem.answers(observations, request.answers, vantage)
    return RunRecord(
        request=request,
        network=run.network,
        digest=run.knowledge,
        relay=relay,
        vantage=vantage,
        turn=str(told.get("turn", "")),
        plan=Plan((), 0.0),  # with secrets in it, it is not kept
        observations=observations,
        answers=answers,
        diagnosis=problem.diagnosis(answers, observations),
        started=run.started,
        timings=_timings(told.get("timings")),
    )


def summary_of(records: Sequence[RunRecord], headline: str, diagnosis: Diagnosis) -> dict[str, Any]:
    """What is kept of a run besides its observations: what *diagnosis* says over all, and of each relay how it went."""
    return {
        "headline": headline,
        "found": [one.cause for one in diagnosis.found],
        "relays": {one.relay: {"turn": one.turn, "timings": dict(one.timings)} for one in records},
    }


def _timings(value: object) -> dict[str, float]:
    known = value if isinstance(value, Mapping) else {}
    return {str(name): float(spent) for name, spent in known.items() if isinstance(spent, int | float)}
