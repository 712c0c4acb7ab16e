"""A hub on loopback with its database, and relays that are registered there."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.relays.hub.endpoint import ListenAddress, listening
from bot.relays.hub.hub import Hub
from bot.relays.hub.quotas import HubLimits
from bot.relays.remote import RemoteRelay
from bot.storage.address import parse_database
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.keys import Identity
from probes.protocol.model import Observation, Plan, Step, Target
from tests.hub.scripted_relay import Dialler

NAME = "hub.example"
PLAN = Plan(
    tuple(Step(f"tcp {n}", "tcp", Target("signaling", f"192.0.2.{n}", 443), 3.0) for n in range(1, 5)), 6.0
)


@dataclass
class House:
    """One running hub."""

    hub: Hub
    url: str
    signer: Identity
    relays: dict[str, Dialler] = field(default_factory=dict)

    async def new(self, name: str, me: Identity | None = None, **more: object) -> Dialler:
        """Invite a relay; it joins when it connects."""
        token = await self.hub.registry.invite(RegisteredRelay(name, None), time.time())
        return Dialler(me or Identity.new(), self.signer.key, token, **more)  # type: ignore[arg-type]  # as given

    def remote(self, name: str, **more: object) -> RemoteRelay:
        return RemoteRelay(name, self.hub, self.signer, **more)  # type: ignore[arg-type]  # as given

    async def run(self, name: str, plan: Plan = PLAN, **more: object) -> list[Observation]:
        async with self.remote(name, **more).run(plan) as coming:
            return [one async for one in coming]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until *holds* returns true, at most for the test's time limit."""
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110 - what it waits for has no event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def house(
    folder: Path,
    signer: Identity | None = None,
    limits: HubLimits | None = None,
    beat: float = 15.0,
    listen: ListenAddress | None = None,
    names: tuple[str, ...] = (NAME,),
    database: str = "",
) -> AsyncIterator[House]:
    """Run a hub on *database*, by default a file in *folder*."""
    registry = RelayRegistry.open(parse_database(database) if database else folder / "lineman.db")
    hub = Hub(registry, names, limits, beat)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(registry.close)
        await stack.enter_async_context(hub.serving())
        where = await stack.enter_async_context(listening(hub, listen or ListenAddress()))
        scheme = "wss" if listen and listen.certificate else "ws"
        yield House(hub, f"{scheme}://{where}/relay", signer or Identity.new())
