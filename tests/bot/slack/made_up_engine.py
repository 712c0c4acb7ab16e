"""An engine with a scripted relay, so that the test decides what it observes, and when."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.diagnosis.engine import Engine, load_engine
from bot.diagnosis.run_record import FILL, LOCATE
from bot.diagnosis.turn_settings import TurnSettings
from knowledge.model.network import IceServer
from probes.protocol.model import USER_NETWORK, Observation, Plan
from tests.previews.samples import Fault, _seen


@dataclass
class MadeUpRelay:
    """Observes what `faults` say; pauses before each observation, and forever at `stuck`."""

    faults: tuple[Fault, ...] = ()
    pause: float = 0.0  # seconds before each observation
    stuck: bool = False  # never ends by itself
    vantage: str = USER_NETWORK
    name: str = "local"
    plans: list[Plan] = field(default_factory=list)  # of diagnoses
    traces: list[Plan] = field(default_factory=list)  # of dropped flows, after a verdict
    hops: dict[str, str] = field(default_factory=dict)  # what a trace of an open flow finds, by TTL
    go: Future[None] | None = None  # traces wait for it
    full_line: dict[str, float] = field(
        default_factory=dict
    )  # what filling the line shows, where it is allowed

    @asynccontextmanager
    async def run(self, plan: Plan) -> AsyncIterator[AsyncIterator[Observation]]:
        if plan.steps and plan.steps[0].probe == LOCATE:
            self.traces.append(plan)
            yield self._trace(plan)
            return
        if plan.steps and plan.steps[0].probe == FILL:
            yield self._fill(plan)
            return
        if plan.steps:
            self.plans.append(plan)
        yield self._observe(plan)

    async def _fill(self, plan: Plan) -> AsyncIterator[Observation]:
        for step in plan.steps:
            yield Observation(step.id, step.probe, step.target, None, self.full_line)

    async def _trace(self, plan: Plan) -> AsyncIterator[Observation]:
        """The dropped flows pass the first hop, the open one passes them all."""
        if self.go:
            await asyncio.wrap_future(self.go)
        first = {ttl: router for ttl, router in self.hops.items() if ttl == "1"}
        missed = [int(ttl) for ttl in self.hops if ttl not in first]
        for step in plan.steps:
            facts = {"address": step.target.host, "hops": first, "control_hops": self.hops, "missed": missed}
            yield Observation(step.id, step.probe, step.target, None, facts)

    async def _observe(self, plan: Plan) -> AsyncIterator[Observation]:
        for number, one in enumerate(_seen(plan, self.faults).values()):
            if self.stuck and number == 3:
                await asyncio.Event().wait()
            await asyncio.sleep(self.pause)
            yield one


def made_up_desk(relay: MadeUpRelay) -> Engine:
    """Knows a TURN server, without which nothing can be clear, and another resolver to compare with."""
    server = IceServer(("turn:turn.example:3478?transport=udp",), "made-up", "made-up")
    engine = load_engine()
    network = replace(engine.network, resolvers=("198.51.100.53",))
    if relay.full_line:
        stream = "turn:turn.example:443?transport=tcp"
        server = replace(server, urls=(*server.urls, stream))
        network = replace(network, quality={**network.quality, "fill": True, "loaded_rtt_ms": 400})
    return replace(engine, relay=relay, network=network, settings=TurnSettings(ice_servers=(server,)))
