"""Two hubs on one database, NATS between them, and a bot that knows only NATS."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.relays.hub.nats_settings import NatsSettings, read_nats_settings
from bot.relays.local import Relay
from bot.relays.remote import RemoteRelay
from bot.settings import SettingsReader
from probes.protocol.model import Observation, Plan
from tests.hub.hub_fixture import PLAN, House, house
from tests.hub.nats_server import NatsServer, nats_server, need_nats

need_nats()

# Only now, because these need the client.
from nats.aio.client import Client as Client  # noqa: E402
from nats.errors import Error as Error  # noqa: E402
from nats.js import JetStreamContext as JetStreamContext  # noqa: E402

from bot.relays.nats import announcer as announcer  # noqa: E402
from bot.relays.nats import hub_talks as hub_talks  # noqa: E402
from bot.relays.nats import presence as presence  # noqa: E402
from bot.relays.nats.connection import NatsConnection  # noqa: E402
from bot.relays.nats.nats_hubs import NatsHubs  # noqa: E402
from bot.relays.nats.serve import shared  # noqa: E402
from bot.relays.nats.subjects import BUCKET as BUCKET  # noqa: E402
from bot.relays.nats.subjects import STREAM as STREAM  # noqa: E402
from bot.relays.nats.subjects import lookup_subject as lookup_subject  # noqa: E402
from bot.relays.nats.subjects import relay_key as relay_key  # noqa: E402
from bot.relays.nats.trouble import NatsUnavailableError as NatsUnavailableError  # noqa: E402


def nats_settings(server: NatsServer, user: str, **more: str) -> NatsSettings:
    get = SettingsReader({"LINEMAN_NATS": server.url(user), "LINEMAN_NATS_NAME": user} | more)
    settings = read_nats_settings(get)
    get.check()
    assert settings
    return settings


async def all_of(relay: Relay, plan: Plan = PLAN) -> list[Observation]:
    """Run *plan* on *relay*, and wait for its last observation."""
    async with relay.run(plan) as coming:
        return [observation async for observation in coming]


@dataclass
class Twins:
    """Two running hubs and a bot."""

    server: NatsServer
    a: House
    b: House
    bot: NatsHubs
    connections: tuple[NatsConnection, NatsConnection]

    def remote(self, name: str) -> RemoteRelay:
        return RemoteRelay(name, self.bot, self.a.signer)

    async def run(self, name: str, plan: Plan = PLAN) -> list[Observation]:
        return await all_of(self.remote(name), plan)

    async def until_known(self, name: str, *, by: House) -> None:
        """Wait until a hub knows that the relay is connected to the other one."""
        await self.a.until(lambda: by.hub.others.place(name) is not None)

    async def until_idle(self) -> None:
        """Wait until no hub has a plan or a conversation left."""
        await self.a.until(lambda: not self.a.hub.status().running and not self.b.hub.status().running)


@asynccontextmanager
async def twins(folder: Path, config: str | None = None) -> AsyncIterator[Twins]:
    """Run both hubs, as users of the example configuration, and the bot."""
    with nats_server(config) as server:
        async with AsyncExitStack() as stack:
            a = await stack.enter_async_context(house(folder))
            b = await stack.enter_async_context(house(folder, a.signer))
            connections = (
                await stack.enter_async_context(shared(a.hub, nats_settings(server, "hub-a"))),
                await stack.enter_async_context(shared(b.hub, nats_settings(server, "hub-b"))),
            )
            bot = NatsHubs(nats_settings(server, "bot-a"))
            await stack.enter_async_context(bot.used())
            await a.until(lambda: all(each.client for each in (*connections, bot.connection)))
            yield Twins(server, a, b, bot, connections)
