"""As much of a hub as a relay can see, on loopback, and as hostile as a test wants it."""

import asyncio
import secrets
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from probes.checks import PROBES
from probes.protocol.keys import Identity
from probes.protocol.message_codec import read, write
from probes.protocol.messages import (
    SUBPROTOCOL,
    Ack,
    Challenge,
    Done,
    Hello,
    ObservationMessage,
    Ping,
    Pong,
    Proof,
    Ready,
    Refusal,
    RelayMessage,
    RunPlan,
    Welcome,
)
from probes.protocol.model import Plan
from probes.protocol.order import make_order, sign_order
from probes.protocol.policy import Policy
from probes.protocol.report import open_refusal
from probes.protocol.signing import is_proved
from probes.relay.agent import Agent
from probes.relay.dial_errors import LinkError
from probes.relay.hub_address import HubAddress
from probes.relay.orders import PlanQueue
from probes.runner.in_process import InProcessRunner
from probes.runner.packet_budget import PacketBudget
from probes.runner.run import Probe
from tests.probes.relay.channel_end import LineEnd


@dataclass
class StubHub(LineEnd):
    """A hub that welcomes any relay that proves its key, and records its messages."""

    bot: Identity = field(default_factory=Identity.new)
    beat: float = 15.0
    ahead: float = 0.0  # seconds by which its clock is wrong
    instead: dict[type, str] = field(default_factory=dict)  # a text to send in place of a message
    acks: bool = True
    tokens: list[str] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    hello: Hello | None = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,), max_msg_size=0)
        await socket.prepare(request)
        self.connections += 1
        hello = read(await socket.receive_str(), by="relay")
        assert isinstance(hello, Hello)
        challenge = Challenge(secrets.token_hex(16), self.now())
        await socket.send_str(self.instead.get(Challenge) or write(challenge))
        proof = read(await socket.receive_str(), by="relay")
        assert isinstance(proof, Proof)
        assert is_proved(proof.signature, hello, challenge, proof.token)
        self.tokens.append(proof.token)
        self.hello, self.socket = hello, socket
        await socket.send_str(
            self.instead.get(Welcome) or write(Welcome("acme-hq", "user-network", self.now(), self.beat))
        )
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            await self._hear(socket, read(frame.data, by="relay"))
        return socket

    async def _hear(self, socket: web.WebSocketResponse, message: RelayMessage) -> None:
        self.keep(message)
        match message:
            case Ping():
                await socket.send_str(write(Pong(message.n, self.now())))
            case ObservationMessage() if self.acks:
                await socket.send_str(write(Ack(message.plan, message.n)))
            case Done() if self.acks:
                await socket.send_str(write(Ack(message.plan, message.n + 1)))
            case Refusal() if self.acks:
                await socket.send_str(write(Ack(message.plan, 1)))

    def now(self) -> float:
        return time.time() + self.ahead

    def order(
        self, plan: Plan, *, signer: Identity | None = None, requester: str = "U1", **changes: object
    ) -> str:
        """A signed plan for the connected relay, signed by the bot unless it is forged."""
        assert self.hello
        from dataclasses import replace

        from probes.protocol.keys import fingerprint

        order = make_order(plan, fingerprint(self.hello.key), requester, self.now())
        return sign_order(replace(order, **changes), signer or self.bot, self.hello.sealing)  # type: ignore[arg-type]

    async def refusal(self, envelope: str, *, nth: int = 1) -> tuple[str, str]:
        """Send *envelope*; the reason and the sentence of the *nth* refusal, its signature checked."""
        assert self.hello
        await self.say(RunPlan(envelope))
        verdict = open_refusal((await self.until(Refusal, nth))[nth - 1].signed, self.hello.key)
        return verdict.reason, verdict.sentence

    async def drop(self) -> None:
        """Cut the connection without a close frame."""
        assert isinstance(self.socket, web.WebSocketResponse)
        transport = self.socket._req.transport  # type: ignore[union-attr]
        assert transport
        transport.abort()


@asynccontextmanager
async def stub_hub(
    tls: ssl.SSLContext | None = None, port: int = 0, hub: StubHub | None = None
) -> AsyncIterator[StubHub]:
    hub = hub or StubHub()
    app = web.Application()
    app.router.add_get("/relay", hub.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
    await site.start()
    bound = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    hub.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{bound}/relay"
    try:
        yield hub
    finally:
        if hub.socket is not None and not hub.socket.closed:
            await hub.drop()
        await runner.cleanup()


def inside(policy: Policy, probes: dict[str, Probe]) -> InProcessRunner:
    """Run plans in the test's own process, with *probes* that are functions of the test."""
    return InProcessRunner(policy, PacketBudget(policy.limits.packets_per_second), probes)


@asynccontextmanager
async def relay(
    hub: StubHub,
    policy: Policy,
    probes: dict[str, Probe] | None = None,
    *,
    me: Identity | None = None,
    place: HubAddress | None = None,
    duties: PlanQueue | None = None,
    ready: bool = True,
) -> AsyncIterator[Agent]:
    """A relay of that *hub*, connected and ready; stopped at the end of the block.

    It runs each plan in a subprocess, as every relay does, unless the test passes *probes*.
    """
    me = me or Identity.new()
    looker = inside(policy, probes) if probes else None
    duties = duties or PlanQueue(me, {hub.bot.id: hub.bot.key}, policy, looker)
    names = tuple(probes or PROBES)
    agent = Agent(place or HubAddress(hub.url), duties.me, duties, "1.2.3", names, pause=0.05, finish=0.3)
    task = asyncio.create_task(agent.run())
    try:
        if ready:
            await hub.until(Ready)
        yield agent
    finally:
        agent.stop()
        try:
            async with asyncio.timeout(5):
                await task
        except LinkError:
            pass  # the hub refused it, which its test has checked
