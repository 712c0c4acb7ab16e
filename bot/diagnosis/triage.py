"""One run: plan, probe, reason after each observation, and stop when nothing can change the diagnosis.

Independent of terminal and Slack: a callback gets the progress, and the caller gets the record.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import partial
from typing import TypeAlias

from bot.diagnosis.ice_servers import find_ice
from bot.diagnosis.new_answers import newly_answered
from bot.diagnosis.plan import make_plan, observe_known
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.status_page import observe_status
from bot.diagnosis.turn_settings import TurnSettings
from bot.model.request import Request
from bot.relays.local import Relay
from knowledge.model.conclusions import Answered, Answers, Diagnosis
from knowledge.model.network import Network
from knowledge.model.schema import CaseModel, Knowledge
from knowledge.reasoning.answers import answer
from knowledge.reasoning.merge import merge
from knowledge.reasoning.other_causes import walk_wider
from knowledge.reasoning.selection import select_causes, widen
from knowledge.reasoning.tree import Tree, compile_tree, settled, walk
from probes.protocol.failures import Failure
from probes.protocol.frozen import frozen
from probes.protocol.model import Observation, Plan, Step


@frozen
class Progress:
    """One check has ended: its observation, and what it changed."""

    observation: Observation
    done: int
    total: int
    changed: tuple[Answered, ...]
    observations: Mapping[str, Observation]  # all observations so far, by step id
    diagnose: Callable[[], Diagnosis] = field(repr=False)  # conclusions so far; takes a few ms
    relay: str = ""  # the relay that made the observation
    plan: Plan | None = field(default=None, repr=False)
    so_far: "Callable[[], RunRecord] | None" = field(default=None, repr=False)  # as if the run ended now

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps without an observation."""
        steps = self.plan.steps if self.plan else ()
        return tuple(step for step in steps if step.id not in self.observations)


ProgressCallback: TypeAlias = Callable[[Progress], None]


@frozen
class Problem:
    """What is decided for one request: a case model and its tree for each platform in question."""

    cases: tuple[CaseModel, ...]
    trees: tuple[Tree, ...]
    widen: Callable[[CaseModel], CaseModel] = field(repr=False)  # a case with causes of other codes

    def answers(
        self, observations: Mapping[str, Observation], values: Mapping[str, str], vantage: str
    ) -> dict[str, Answers]:
        """Answer all questions from observations and people's answers, for each platform."""
        return {case.platform: answer(case, observations, values, vantage) for case in self.cases}

    def diagnosis(self, answers: Mapping[str, Answers], observations: Mapping[str, Observation]) -> Diagnosis:
        """Walk the tree of each platform and merge the results."""
        return merge([walk(tree, answers[tree.case.platform], observations) for tree in self.trees])

    def conclude(self, record: RunRecord) -> RunRecord:
        """Answer all questions of *record* from its observations and its request, and diagnose."""
        known = (record.observations, record.request.answers, record.vantage)
        answers = self.answers(*known)
        diagnosis = self.diagnosis(answers, record.observations)
        if diagnosis.unexplained:
            wide = replace(self, cases=tuple(self.widen(case) for case in self.cases))
            answers = wide.answers(*known)
            diagnosis = merge(
                [
                    walk_wider(tree, case, answers[case.platform], record.observations)
                    for tree, case in zip(self.trees, wide.cases, strict=True)
                ]
            )
        return replace(record, answers=answers, diagnosis=diagnosis)

    def is_settled(self, answers: Mapping[str, Answers], pending: frozenset[str]) -> bool:
        """Whether no *pending* step can change the diagnosis."""
        return all(settled(case, answers[case.platform], pending) for case in self.cases)


def prepare(request: Request, knowledge: Knowledge, network: Network) -> Problem:
    """Select the causes and questions for *request*; without a platform, for every platform that raises its code."""
    of_code = knowledge.errors[request.code].platforms if request.code in knowledge.errors else ()
    platforms = [request.platform] if request.platform else sorted(of_code or knowledge.platforms)
    cases = [
        replace(
            select_causes(knowledge, network, request.code, platform, request.edge),
            assumed=bool(request.assumed),
        )
        for platform in platforms
    ]
    trees = tuple(compile_tree(case) for case in cases)
    return Problem(tuple(cases), trees, partial(widen, knowledge=knowledge, network=network))


def has_checks(request: Request, knowledge: Knowledge, network: Network) -> bool:
    """Tell whether a relay checks anything for *request*."""
    return any(any(case.probes.values()) for case in prepare(request, knowledge, network).cases)


async def triage(
    request: Request,
    knowledge: Knowledge,
    network: Network,
    relay: Relay,
    settings: TurnSettings,
    tell: ProgressCallback = lambda _: None,
) -> RunRecord:
    """Run *request* on *relay*. Raises `UsageError` if the settings or the network file are invalid."""
    started, begun = time.time(), time.perf_counter()
    problem = prepare(request, knowledge, network)
    ice = await find_ice(network, settings)
    plan = make_plan(problem.cases, network, ice)
    run = _Run(request, problem, network.id, knowledge.digest, relay, ice.because, plan, started, begun)
    known = observe_known(problem.cases, network, ice)

    def tell_more(progress: Progress) -> None:
        tell(replace(progress, plan=plan, so_far=partial(run.conclude, progress.observations)))

    record = run.conclude(await _observe(problem, plan, known, relay, request.answers, tell_more))
    status = await observe_status(record, network, knowledge)
    return replace(record, observations={**record.observations, **status}) if status else record


@frozen
class _Run:
    """A run from its plan on, which can be concluded at any time."""

    request: Request
    problem: Problem
    network: str
    digest: str
    relay: Relay
    turn: str
    plan: Plan
    started: float
    begun: float
    ready: float = field(default_factory=time.perf_counter)

    def conclude(self, observations: Mapping[str, Observation]) -> RunRecord:
        """Make the record; a step without an observation was cancelled."""
        missing = {step.id: _cancelled(step) for step in self.plan.steps if step.id not in observations}
        over = time.perf_counter()
        return self.problem.conclude(
            RunRecord(
                request=self.request,
                network=self.network,
                digest=self.digest,
                relay=self.relay.name,
                vantage=self.relay.vantage,
                turn=self.turn,
                plan=self.plan,
                observations={**observations, **missing},
                started=self.started,
                timings={
                    "prepare": _milliseconds(self.ready - self.begun),
                    "looks": _milliseconds(over - self.ready),
                    "total": _milliseconds(over - self.begun),
                },
            )
        )


async def _observe(
    problem: Problem,
    plan: Plan,
    known: Mapping[str, Observation],
    relay: Relay,
    values: Mapping[str, str],
    tell: ProgressCallback,
) -> dict[str, Observation]:
    """Collect observations until the plan ends or no pending step can change the diagnosis."""
    observations = dict(known)
    pending = {step.id for step in plan.steps}
    answers = problem.answers(observations, values, relay.vantage)
    gone: OSError | None = None
    async with relay.run(plan) as coming:
        async for observation in coming:
            observations[observation.step] = observation
            pending.discard(observation.step)
            before, answers = answers, problem.answers(observations, values, relay.vantage)
            changed = newly_answered(before.values(), answers.values())
            done = len(plan.steps) - len(pending)
            diagnose = partial(problem.diagnosis, answers, dict(observations))
            try:
                tell(
                    Progress(
                        observation, done, len(plan.steps), changed, dict(observations), diagnose, relay.name
                    )
                )
            except OSError as error:  # nobody reads the output; raised here, it would come out as a group
                gone = error
            if gone or problem.is_settled(answers, frozenset(pending)):
                break
    if gone:
        raise gone
    return observations


def _cancelled(step: Step) -> Observation:
    return Observation(step.id, step.probe, step.target, Failure.CANCELLED)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
