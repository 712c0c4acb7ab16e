"""Cache of finished runs: the latest in memory, older ones evaluated again from stored observations."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.diagnosis.engine import Engine
from bot.diagnosis.revise import answers_for, apply_changes
from bot.diagnosis.run_record import BROWSER_RELAY
from bot.diagnosis.stored_run import conclude_stored
from bot.diagnosis.triage import prepare
from bot.model.records import CaseRow, RunRow
from bot.model.request import Request, Vocabulary
from bot.slack.runtime.worker_thread import WorkerThread
from bot.slack.state.finished_run import FinishedRun, combine
from bot.storage.store import Store
from probes.protocol.model import Observation

KEPT: Final = 256  # records in memory, about 100 kB each


class RunHistory:
    """Finished runs by id, least recently used first."""

    def __init__(self, engine: Engine, store: Store, bench: WorkerThread, *, shared: bool = False) -> None:
        self._engine, self._store, self._worker = engine, store, bench
        self._shared = (
            shared  # whether another bot may change what is stored of a run that this one did not execute
        )
        self._kept: OrderedDict[str, FinishedRun] = OrderedDict()

    def keep(self, finished: FinishedRun) -> None:
        """Add *finished* to the cache and evict the oldest."""
        self._kept[finished.run] = finished
        self._kept.move_to_end(finished.run)
        while (
            len(self._kept) > 1
            and sum(len(finished_run.records) for finished_run in self._kept.values()) > KEPT
        ):
            self._kept.popitem(last=False)

    async def get(self, run_id: str) -> FinishedRun | None:
        """Return a run that has a verdict; None for other runs and runs past their retention."""
        if finished := self._kept.get(run_id):
            self._kept.move_to_end(run_id)
            return finished
        run = await self._store.run(run_id)
        if run is None or run.status != "done":
            return None
        case = await self._store.case(run.case)
        requests = await self._store.record(run_id)
        if case is None or requests is None:
            return None
        request, observations = requests
        latest = (await self._store.runs(run.case))[0].id == run_id
        if latest:  # add answers given since then, and the platform if it became known
            request = _as_answered(request, case.request, self._engine.vocabulary)
        if BROWSER_RELAY in run.vantages:
            finished = await self._checked(run, case, request)
        else:
            finished = await self._worker.call(
                reevaluate, self._engine, run, case.user, request, observations
            )
        if not self._shared:
            self.keep(finished)
        return finished

    async def latest(self, case_id: str) -> FinishedRun | None:
        """Return the latest run of a case that has a verdict."""
        for run in await self._store.runs(case_id):
            if run.status == "done":
                return await self.get(run.id)
        return None

    async def before(self, finished: FinishedRun) -> FinishedRun | None:
        """Return the run with a verdict that preceded *finished* in its case: both from relays, or both by a link."""
        earlier = False
        for run in await self._store.runs(finished.case):
            is_alike = finished.is_checked == (BROWSER_RELAY in run.vantages)
            if earlier and run.status == "done" and is_alike:
                return await self.get(run.id)
            earlier = earlier or run.id == finished.run
        return None

    async def _checked(self, run: RunRow, case: CaseRow, request: Request) -> FinishedRun:
        """Join the result of a customer's browser with what relays found in the same case."""
        # Only where a link was used.
        from bot.check_link.joined import check_records

        records = await check_records(self._engine, self._store, run.id, request)
        # Rights are those of the case's relays: nobody has a right to a browser.
        asked = [
            replace(record, request=replace(record.request, relays=case.request.relays)) for record in records
        ]
        return await self._worker.call(combine, case.id, run.id, case.user, asked, self._engine)


def _as_answered(request: Request, case: Request, vocabulary: Vocabulary) -> Request:
    """Give a run's *request* with what its *case* has learned since; a version for another platform is not its own."""
    if request.platform is None and case.platform:
        request = apply_changes(request, {"platform": case.platform}, vocabulary)
    return apply_changes(request, answers_for(case, request.platform, vocabulary), vocabulary)


def reevaluate(
    engine: Engine,
    run: RunRow,
    user: str,
    request: Request,
    observations: Mapping[str, Mapping[str, Observation]],
) -> FinishedRun:
    """Evaluate stored observations of a run again, with the current knowledge."""
    problem = prepare(request, engine.knowledge, engine.network)
    records = [
        conclude_stored(problem, run, name, request, observations.get(name, {})) for name in run.relays
    ]
    return combine(run.case, run.id, user, records, engine)
