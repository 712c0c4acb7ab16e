"""When the line is filled after a verdict, and what becomes of the result."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.diagnosis.full_line import fill_line, make_fill_plan
from bot.diagnosis.ice_servers import IceServers, TurnServer
from bot.diagnosis.measurements import full_line_text, line_text, measurements_of
from bot.diagnosis.plan import make_plan, observe_known
from bot.diagnosis.run_record import FILL, RunRecord
from bot.diagnosis.triage import Problem, prepare
from bot.model.request import Request
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from probes.protocol.failures import Failure
from probes.protocol.model import USER_NETWORK, Observation, Plan

KNOWLEDGE = load_knowledge()
SHIPPED = load_network(None)
OPEN = replace(SHIPPED, quality={**SHIPPED.quality, "fill": True, "loaded_rtt_ms": 400})
REQUEST = Request("31009", "javascript")
HOST = "global.turn.twilio.com"
STREAM = TurnServer(HOST, 443, "tcp", "user", "password")
ICE = IceServers((TurnServer(HOST, 3478, "udp", "user", "password"), STREAM))
GOOD = {"sent": 50, "lost": 0, "loss_is": "below", "rtt_ms": 23.0, "jitter_ms": 2.0}
SILENT = Failure.GENERIC_TIMEOUT_ERROR


def problem_of(network: Network) -> Problem:
    return prepare(REQUEST, KNOWLEDGE, network)


def record(
    network: Network, ice: IceServers = ICE, failing: Mapping[str, Failure] | None = None
) -> RunRecord:
    """A run in which all is well, except for the checks that are *failing*."""
    problem = problem_of(network)
    plan = make_plan(problem.cases, network, ice)
    observations = dict(observe_known(problem.cases, network, ice))
    for step in plan.steps:
        failure = (failing or {}).get(step.probe)
        facts = GOOD if step.probe == "quality" else {}
        observations[step.id] = Observation(step.id, step.probe, step.target, failure, facts, started=1.0)
    answers = problem.answers(observations, {}, USER_NETWORK)
    return RunRecord(
        request=REQUEST, network=network.id, digest=KNOWLEDGE.digest, relay="local", vantage=USER_NETWORK,
        turn="given", plan=plan, observations=observations, answers=answers,
        diagnosis=problem.diagnosis(answers, observations), started=1.0, timings={"total": 2.0},
    )  # fmt: skip


@dataclass
class OneAnswer:
    """A relay that answers the one step of each plan with these facts."""

    facts: Mapping[str, Any]
    failure: Failure | None = None
    name: str = "local"
    vantage: str = USER_NETWORK
    plans: list[Plan] = field(default_factory=list)

    @asynccontextmanager
    async def run(self, plan: Plan) -> AsyncIterator[AsyncIterator[Observation]]:
        self.plans.append(plan)
        yield self._observe(plan)

    async def _observe(self, plan: Plan) -> AsyncIterator[Observation]:
        for step in plan.steps:
            yield Observation(step.id, step.probe, step.target, self.failure, self.facts)


def test_the_first_plan_never_fills_the_line() -> None:
    """The check is known as not done yet where the file allows it, and does not exist where it does not."""
    assert FILL not in {step.probe for step in record(OPEN).plan.steps}
    assert [look.failure for look in record(OPEN).observations.values() if look.probe == FILL] == [
        Failure.CANCELLED
    ]
    assert FILL not in {look.probe for look in record(SHIPPED).observations.values()}


def test_the_plan_after_the_verdict() -> None:
    """It has the streams of the media check with their credentials, the server of the idle line, and its bounds."""
    plan = make_fill_plan(record(OPEN), problem_of(OPEN), OPEN)
    assert plan
    (step,) = plan.steps
    assert step.params == {
        "turn": [{"host": HOST, "port": 443, "transport": "tcp"}],
        "servers": [{"host": "global.stun.twilio.com", "port": 3478}],
        "bytes": 2_000_000,
        "limits": {"loaded_rtt_ms": 400},
    }
    assert step.secrets == {"username": "user", "credential": "password"}
    assert plan.budget < 7


@pytest.mark.parametrize(
    ("network", "ice", "failing"),
    [
        (SHIPPED, ICE, {}),
        (OPEN, IceServers(()), {}),
        (OPEN, IceServers((ICE.servers[0],)), {}),  # UDP alone
        (OPEN, ICE, {"quality": Failure.INCONCLUSIVE}),
        (OPEN, ICE, {"tcp": SILENT, "edges": SILENT, "tls": Failure.SKIPPED}),
    ],
    ids=["not allowed", "no credentials", "no stream", "idle line not measured", "signaling blocked"],
)
def test_when_the_line_is_not_filled(
    network: Network, ice: IceServers, failing: Mapping[str, Failure]
) -> None:
    """Without permission, credentials, a stream, or a measured line, or where something blocks calls."""
    assert make_fill_plan(record(network, ice, failing), problem_of(network), network) is None


async def test_a_long_round_trip_on_the_full_line_is_found() -> None:
    """The verdict was clear; now the quality is poor, and the measurement is in the record."""
    before = record(OPEN)
    assert "quality-poor" not in [finding.cause for finding in before.diagnosis.found]
    facts = {"rtt_ms": 23.0, "loaded_rtt_ms": 850.4, "seconds": 2.0, "exceeded_loaded_rtt_ms": 400}
    after = await fill_line(before, OneAnswer(facts), problem_of(OPEN), OPEN)
    assert "quality-poor" in [finding.cause for finding in after.diagnosis.found]
    looks = tuple(after.observations.values())
    assert measurements_of(looks).loaded_rtt_ms == 850.4
    assert line_text(looks).endswith(", 850 ms while busy")
    assert full_line_text(looks) == "Round trip while the line was busy: 850 ms (before: 23 ms)."


async def test_a_relay_that_refuses_changes_no_verdict() -> None:
    """What could not be measured stays unknown, with the reason; nothing is found."""
    before = record(OPEN)
    because = "acme-hq refuses: this relay's policy file does not allow filling the line (limits: fill_bytes)"
    relay = OneAnswer({"because": because}, Failure.NOT_ALLOWED)
    after = await fill_line(before, relay, problem_of(OPEN), OPEN)
    assert (after.diagnosis.outcome, after.diagnosis.found) == (
        before.diagnosis.outcome,
        before.diagnosis.found,
    )
    looks = tuple(after.observations.values())
    assert measurements_of(looks).loaded_rtt_ms is None
    assert full_line_text(looks) == ""
    relay = OneAnswer({})
    assert await fill_line(record(SHIPPED), relay, problem_of(SHIPPED), SHIPPED) == record(SHIPPED)
    assert relay.plans == []
