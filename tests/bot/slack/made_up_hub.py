"""A hub beside the app on loopback, with relays that dial in and see what a test tells them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.relays.hub.control_socket import controlled
from bot.storage.relay_registry import RegisteredRelay
from probes.protocol.json_codec import observation_to_json
from probes.protocol.keys import Identity, key_text
from probes.protocol.messages import ObservationMessage
from probes.protocol.order import SignedPlan
from probes.relay.subprocess_runner import probe_names
from tests.hub.hub_fixture import House, house
from tests.hub.scripted_relay import Answer, Dialler, dialled, finish
from tests.previews.samples import Fault, _seen


@dataclass
class Hub:
    """The hub, and how the app finds it."""

    house: House
    folder: Path
    stack: AsyncExitStack
    relays: dict[str, Dialler] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        seed = self.house.signer.signing.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return {
            "LINEMAN_HUB_SOCKET": str(self.folder / "hub.sock"),
            "LINEMAN_SIGNING_KEY": key_text(seed),
        }

    async def join(self, name: str, *faults: Fault, answer: Answer | None = None, **more: Any) -> Dialler:
        """Let a relay in that sees *faults*; *more* is what its invitation says."""
        checks = more.pop("checks", {})
        token = await self.house.hub.registry.invite(RegisteredRelay(name, None, **more), time.time())
        me = Identity.new()
        relay = Dialler(
            me,
            self.house.signer.key,
            token,
            answer=answer or sees(*faults),
            checks=checks,
            probes=probe_names(),
        )
        await self.stack.enter_async_context(dialled(relay, self.house.url))
        await self.house.until(lambda: name in self.sessions and self.sessions[name].takes_plans)
        self.relays[name] = relay
        return relay

    def tell(self, name: str, *faults: Fault) -> None:
        """Let a relay see *faults* from now on."""
        self.relays[name].answer = sees(*faults)

    def answer(self, name: str, answer: Answer) -> None:
        self.relays[name].answer = answer

    def orders(self, name: str) -> list[SignedPlan]:
        """What a relay was asked to do."""
        return self.relays[name].orders

    @property
    def sessions(self) -> dict[str, Any]:
        return self.house.hub.sessions

    async def audit(self) -> dict[str, tuple[str, str, str]]:
        """Who asked which relay for what, and what became of it."""
        return {one.relay: (one.who, one.what, one.outcome) for one in await self.house.hub.registry.audit()}

    async def cut(self, name: str) -> None:
        """Cut a relay's line, without a word."""
        self.sessions[name].line.abort()
        await self.house.until(lambda: name not in self.sessions)


def sees(*faults: Fault, after: int = 0, hold: asyncio.Event | None = None) -> Answer:
    """Answer plans with observations that show *faults*; *after* so many observations, wait for *hold*."""

    async def answer(relay: Dialler, order: SignedPlan) -> None:
        seen = [observation_to_json(one) for one in _seen(order.plan, faults).values()]
        for n, one in enumerate(seen, 1):
            await relay.say(ObservationMessage(order.id, n, one))
            if hold and n == after:
                await hold.wait()
        await finish(relay, order, seen)

    return answer


@asynccontextmanager
async def hub(folder: Path, database: str = "") -> AsyncIterator[Hub]:
    """Serve a hub on *database*, by default a file in *folder*; the relays that join leave with it."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house(folder, database=database))
        await stack.enter_async_context(controlled(home.hub, folder / "hub.sock"))
        yield Hub(home, folder, stack)
