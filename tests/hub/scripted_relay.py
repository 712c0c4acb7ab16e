"""A relay that speaks the protocol and runs no checks: it replies as a test scripts it."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from probes.protocol.json_codec import load, observation_to_json
from probes.protocol.json_fields import Json
from probes.protocol.keys import Identity, fingerprint
from probes.protocol.message_codec import read
from probes.protocol.messages import (
    SUBPROTOCOL,
    Ack,
    Cancel,
    Challenge,
    Done,
    Hello,
    ObservationMessage,
    Ping,
    Pong,
    Proof,
    Ready,
    Refusal,
    Rejection,
    RunPlan,
    Welcome,
)
from probes.protocol.model import Observation, Step
from probes.protocol.order import PlanRefused, open_order
from probes.protocol.order import SignedPlan as Plan
from probes.protocol.report import sign_refusal, sign_report
from probes.protocol.signing import prove
from tests.probes.relay.channel_end import LineEnd, M

Answer = Callable[["Dialler", Plan], Awaitable[None]]


@dataclass
class Dialler(LineEnd):
    """One relay; it calls `answer` with each plan that it accepts."""

    me: Identity
    signer: str = ""  # public key of the signer whose plans it runs
    token: str = ""
    hub: str = "hub.example"
    answer: Answer | None = None
    held: tuple[str, ...] = ()
    pongs: bool = True
    checks: dict[str, str] = field(default_factory=dict)
    probes: tuple[str, ...] = ("tcp", "dns")  # the checks that it has
    orders: list[Plan] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)  # nonces of plans that an earlier process took
    envelopes: list[str] = field(default_factory=list)
    acked: dict[str, int] = field(default_factory=dict)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    welcomed: Welcome | None = None

    async def expect(self, kind: type[M]) -> M:
        assert self.socket
        message = read(await self.socket.receive_str(), "hub")
        if isinstance(message, Rejection) and kind is not Rejection:
            raise TurnedAwayError(f"{message.reason}: {message.sentence}")
        assert isinstance(message, kind), message
        return message

    async def greet(self) -> None:
        hello = Hello(self.hub, self.me.key, self.me.sealing, "test", self.probes)
        await self.say(hello)
        challenge = await self.expect(Challenge)
        await self.say(Proof(prove(hello, challenge, self.token, self.me), self.token))
        self.welcomed = await self.expect(Welcome)
        await self.say(Ready(True, self.checks, 0.0, self.held, {}))

    async def live(self) -> None:
        assert self.socket
        answers: set[asyncio.Task[None]] = set()
        try:
            async for frame in self.socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    break
                message = read(frame.data, "hub")
                self.keep(message)
                match message:
                    case Ping() if self.pongs:
                        await self.say(Pong(message.n, time.time()))
                    case RunPlan():
                        if task := await self._take(message):
                            answers.add(task)
                    case Ack():
                        self.acked[message.plan] = message.n
                    case Cancel():
                        self.cancelled.set()
        finally:
            for task in answers:
                task.cancel()
            await asyncio.gather(*answers, return_exceptions=True)

    async def _take(self, message: RunPlan) -> asyncio.Task[None] | None:
        if '"case\\":\\"quick\\"' in message.envelope:  # no signatures in the reply, to measure the hub only
            order = load(load(message.envelope)["body"])
            step = order["plan"]["steps"][0]
            seen = {"version": 1, "step": step["id"], "probe": step["probe"], "target": step["target"]}
            seen |= {"failure": None, "facts": {}, "started": 1.0, "runtime": 0.1}
            await self.say(ObservationMessage(order["id"], 1, seen))
            await self.say(Done(order["id"], 1, "finished", ""))
            return None
        self.envelopes.append(message.envelope)
        signers = {fingerprint(self.signer): self.signer} if self.signer else {}
        known = self.spent | {order.nonce for order in self.orders}
        try:
            order = open_order(
                message.envelope, self.me, signers, time.time(), lambda one: one.nonce in known
            )
        except PlanRefused as refused:
            await self.say(Refusal(refused.order, sign_refusal(refused, self.me)))
            return None
        self.orders.append(order)
        return asyncio.create_task((self.answer or well)(self, order))  # type: ignore[arg-type]  # a coroutine


class TurnedAwayError(Exception):
    """The hub refused the relay; the message is its reason and its sentence."""


def observation(step: Step) -> Json:
    return observation_to_json(Observation(step.id, step.probe, step.target, None, {"ms": 1.5}, 1.0, 0.001))


async def well(relay: Dialler, order: Plan) -> None:
    """Report success for every step."""
    seen = [observation(step) for step in order.plan.steps]
    for n, one in enumerate(seen, 1):
        await relay.say(ObservationMessage(order.id, n, one))
    await finish(relay, order, seen)


async def finish(relay: Dialler, order: Plan, seen: list[Json]) -> None:
    await relay.say(Done(order.id, len(seen), "finished", sign_report(order.id, "finished", seen, relay.me)))


@asynccontextmanager
async def dialled(
    relay: Dialler,
    url: str,
    context: ssl.SSLContext | None = None,
    session: aiohttp.ClientSession | None = None,
) -> AsyncIterator[Dialler]:
    """Connect *relay* until the block is left."""
    own = session or aiohttp.ClientSession()
    try:
        relay.socket = await own.ws_connect(
            url, protocols=(SUBPROTOCOL,), ssl=context or True, max_msg_size=0, compress=0
        )
        await relay.greet()
        life = asyncio.create_task(relay.live())
        try:
            yield relay
        finally:
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life
            await relay.socket.close()
    finally:
        if session is None:
            await own.close()
