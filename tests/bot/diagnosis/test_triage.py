"""One case from request to record, on real servers on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import Progress, prepare, triage
from bot.diagnosis.turn_settings import TurnSettings
from bot.model.request import Request
from bot.relays.local import LocalRelay
from bot.rendering.json.diagnosis import render
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.checks import PROBES
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK, Observation, Plan, Step
from probes.runner.run import run_plan
from tests.bot.small_world import SmallWorld, small_world
from tests.certificates import make_authority
from tests.turnserver import SECRETS, Coturn

KNOWLEDGE = load_knowledge()
PLATFORMS = ("javascript", "ios", None)


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    async with small_world(tmp_path, turn_server) as world:
        yield world


async def run(path: str, request: Request, vantage: str = USER_NETWORK) -> RunRecord:
    return await triage(request, KNOWLEDGE, load_network(path), LocalRelay(vantage), TurnSettings())


def found(record: RunRecord) -> list[str]:
    return [one.cause for one in record.diagnosis.found]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_healthy(world: SmallWorld, platform: str | None) -> None:
    """Where everything works nothing is found, and what only a person can tell is left over."""
    record = await run(world.network(), Request("31009", platform))
    assert record.diagnosis.outcome == "clear"
    assert all(one.person_only for one in record.diagnosis.not_checked)
    assert record.diagnosis.next_question
    assert record.diagnosis.unexplained == ()
    assert {step.id for step in record.plan.steps} <= record.observations.keys()
    assert record.timings["total"] < 3000


async def test_foreign_certificate(world: SmallWorld) -> None:
    """A gateway whose authority nobody trusts is an intercepted one."""
    roots = [make_authority("Another Root").pem]
    record = await run(world.network(trust={"roots": roots}), Request("31009", "javascript"))
    assert found(record) == ["tls-intercepted"]


async def test_refused(world: SmallWorld) -> None:
    """Gateways that refuse on every edge are blocked signaling, and nothing else is blamed."""
    services = [one | {"port": 1} if one["id"] == "signaling" else one for one in world.content["services"]]
    record = await run(world.network(services=services), Request("31009", "javascript"))
    assert found(record) == ["signaling-blocked"]
    assert record.diagnosis.outcome == "found"


async def test_reference_rules_nothing_out(world: SmallWorld) -> None:
    """What a relay elsewhere sees neither finds nor rules out anything about the user's network."""
    record = await run(world.network(), Request("31009", "javascript"), REFERENCE)
    assert found(record) == []
    assert record.diagnosis.ruled_out == ()
    assert record.diagnosis.outcome == "unclear"


async def test_progress(world: SmallWorld) -> None:
    """Every look is told as it ends, with the answers that it changed and a diagnosis on demand."""
    told: list[Progress] = []
    record = await triage(
        Request("31009", "ios"),
        KNOWLEDGE,
        load_network(world.network()),
        LocalRelay(),
        TurnSettings(),
        told.append,
    )
    assert [one.done for one in told] == list(range(1, len(told) + 1))
    assert {one.observation.step for one in told} <= {step.id for step in record.plan.steps}
    answered = {one.question: one.answer for progress in told for one in progress.changed}
    assert answered["signaling-tcp"] == "open"
    assert told[0].diagnose().outcome == "unclear"
    assert told[-1].diagnose().outcome == record.diagnosis.outcome


async def test_listener_is_gone(world: SmallWorld) -> None:
    """When whoever is told of progress goes away, the looks end, and its error comes out as it is."""

    def gone(_: Progress) -> None:
        raise BrokenPipeError

    network = load_network(world.network())
    with pytest.raises(BrokenPipeError):
        await triage(Request("31009", "ios"), KNOWLEDGE, network, LocalRelay(), TurnSettings(), gone)


@dataclass(frozen=True)
class SlowNames:
    """A relay on which name servers never answer."""

    name: str = "slow"
    vantage: str = USER_NETWORK

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        return run_plan(plan, {**PROBES, "dns": self.wait})

    async def wait(self, step: Step, look: ProbeContext) -> None:
        await asyncio.Event().wait()


async def test_stops_when_settled(world: SmallWorld) -> None:
    """What can change nothing any more is not waited for, and is recorded as cancelled."""
    network = load_network(world.network(dns_checks={"client_subnet": "check.example"}))
    request = Request("31009", "javascript", answers={"vpn": "no", "turn": "no"})
    record = await triage(request, KNOWLEDGE, network, SlowNames(), TurnSettings())
    (name,) = [one for one in record.observations.values() if one.target.host == "check.example"]
    assert name.failure is Failure.CANCELLED
    assert record.diagnosis.outcome == "clear"
    assert record.timings["total"] < 1900  # the lookup alone would take two seconds


async def test_one_more_answer(world: SmallWorld) -> None:
    """A person's answer continues the walk with what was seen, without another look."""
    network = load_network(world.network())
    record = await run(world.network(), Request("31009", "javascript"))
    assert "edge-mismatch" in {one.cause for one in record.diagnosis.not_checked}
    request = replace(record.request, answers={"vpn": "no"})
    more = prepare(request, KNOWLEDGE, network).conclude(replace(record, request=request))
    assert "edge-mismatch" in {one.cause for one in more.diagnosis.ruled_out}
    assert more.observations is record.observations
    assert more.request.answers == {"vpn": "no"}


async def test_no_secrets(world: SmallWorld) -> None:
    """The credential that proved the media path is nowhere in the record, its JSON or its words."""
    network = load_network(world.network())
    record = await run(world.network(), Request("31009", None))
    assert any(one.facts.get("allocated") for one in record.observations.values())
    view = make_view(record, KNOWLEDGE, network)
    everything = repr(record) + repr(view) + json.dumps(render(record, view, network, "0"))
    assert SECRETS["credential"] not in everything
