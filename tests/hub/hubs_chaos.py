"""`python -m tests.hub.hubs_chaos [PLANS] [RELAYS]`: plans over NATS while hubs, NATS, and PostgreSQL stop and return.

Two bots send them, a fifth of them twice. Each must get exactly one answer and run at most once, a revoked relay must
stay away, and in the end everything works again.
"""

import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.messages import HubEvent, HubJob, PlanLost
from bot.relays.remote import RemoteRelay, UnreachableError
from bot.storage.address import parse_database
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity
from probes.protocol.messages import Done
from tests import postgresql
from tests.hub.hub_fixture import PLAN
from tests.hub.hub_process import NAMES, HubProcess
from tests.hub.nats_server import NatsServer, nats_server
from tests.hub.several_hubs import NatsHubs, nats_settings
from tests.hub.wanderer import Wanderer

WORKERS = 40
TWICE = 5  # each fifth plan is sent twice
CUT = 20.0  # seconds without NATS
REVOKED = "relay-7"


@dataclass
class Chaos:
    """Everything that runs, and what was answered."""

    server: NatsServer
    database: postgresql.PostgresServer
    hubs: dict[str, HubProcess]
    bots: list[NatsHubs]
    signer: Identity
    relays: list[Wanderer]
    answers: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)  # plans by how often they were answered with a result
    asked: int = 0

    async def ask(self, number: int) -> None:
        """Send one plan, or the same one from both bots."""
        bot = self.bots[number % 2]
        name = f"relay-{number % len(self.relays)}"
        remote = RemoteRelay(name, bot, self.signer, requester=f"person {number % 50}", case_label="chaos")
        self.asked += 1 + (number % TWICE == 0)
        try:
            async with asyncio.timeout(5):
                health = await bot.relay(name)
            job = remote.sign(PLAN, health) if health else None
        except (OSError, WireError, UnreachableError):
            job = None
        if job is None:
            self.answers["no hub, or no such relay"] += 1 + (number % TWICE == 0)
            return
        senders = self.bots if number % TWICE == 0 else [bot]
        await asyncio.gather(*(self._send(sender, job) for sender in senders))

    async def _send(self, bot: NatsHubs, job: HubJob) -> None:
        last: HubEvent | None = None
        async with asyncio.timeout(60), bot.run(job) as events:
            async for event in events:
                last = event
        self.answers[_in_words(last)] += 1
        if isinstance(last, Done):
            self.done[job.plan] += 1

    async def connected(self) -> int:
        total = 0
        for hub in self.hubs.values():
            with suppress(OSError, WireError):
                total += (await ControlSocket(hub.socket).hub()).connected
        return total

    async def recovered(self, what: str) -> None:
        """Wait until every relay is connected and a plan on each of a few runs."""
        begun = time.monotonic()
        while await self.connected() < (
            expected := len(self.relays) - sum(bool(relay.end) for relay in self.relays)
        ):
            assert time.monotonic() < begun + 60, f"{what}: {await self.connected()} of {expected} relays"
            await asyncio.sleep(0.2)
        for hub in self.hubs.values():
            assert hub.process.poll() is None, hub.log()[-3000:]
        print(f"{what}: all relays are back after {time.monotonic() - begun:.1f} s", flush=True)


def _in_words(event: object) -> str:
    match event:
        case Done():
            return "result"
        case PlanLost():
            return event.because.partition("relay-")[0] + "…" if "relay-" in event.because else event.because
    return type(event).__name__


async def faults(chaos: Chaos, registry: RelayRegistry) -> None:
    """Stop and start everything once."""
    for name in NAMES:
        await asyncio.sleep(3)
        chaos.hubs[name].kill()
        if name == NAMES[0]:
            await registry.revoke(REVOKED, time.time(), chaos.signer)
        await asyncio.sleep(2)
        chaos.hubs[name].start()
        await asyncio.to_thread(chaos.hubs[name].address)
        await chaos.recovered(f"kill -9 {name}")
    await asyncio.to_thread(chaos.database.stop)
    await asyncio.sleep(2)
    await asyncio.to_thread(chaos.database.start)
    await chaos.recovered("restart of PostgreSQL")
    chaos.server.stop(signal.SIGKILL)
    await asyncio.sleep(2)
    await asyncio.to_thread(chaos.server.start)
    await chaos.recovered("kill -9 nats-server")
    assert chaos.server.process
    chaos.server.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(CUT)
    chaos.server.process.send_signal(signal.SIGCONT)
    await chaos.recovered(f"no NATS for {CUT:g} s")


@asynccontextmanager
async def opened(folder: Path, count: int, stack: ExitStack) -> AsyncIterator[tuple[Chaos, RelayRegistry]]:
    """Start everything, with relays that are registered."""
    database, server = stack.enter_context(postgresql.server()), stack.enter_context(nats_server())
    url = database.database()
    signer, registry = Identity.new(), RelayRegistry.open(parse_database(url))
    async with AsyncExitStack() as closing:
        closing.push_async_callback(registry.close)
        session = await closing.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        relays = [Wanderer(f"relay-{n}", Identity.new(), signer.key, session) for n in range(count)]
        for relay in relays:
            token = await registry.invite(RegisteredRelay(relay.name, None), time.time())
            await registry.join(token, relay.me.key, relay.me.sealing, time.time())
        hubs = {name: stack.enter_context(HubProcess(folder, name, url, server)) for name in NAMES}
        bots = [NatsHubs(nats_settings(server, user)) for user in ("bot-a", "bot-b")]
        for bot in bots:
            await closing.enter_async_context(bot.used())
        yield Chaos(server, database, hubs, bots, signer, relays), registry


async def run(plans: int, count: int, folder: Path, stack: ExitStack) -> None:
    async with opened(folder, count, stack) as (chaos, registry):
        urls = [f"ws://{hub.address()}/relay" for hub in chaos.hubs.values()]
        for relay in chaos.relays:
            stack.callback(asyncio.create_task(relay.wander(urls)).cancel)
        await chaos.recovered("start")
        numbers, stopped = iter(range(10**9)), asyncio.Event()

        async def work() -> None:
            for number in numbers:
                if stopped.is_set() and number >= plans:
                    return
                await chaos.ask(number)
                await asyncio.sleep(random.uniform(0, 1.0) if number < plans else 2.0)

        workers = [asyncio.create_task(work()) for _ in range(WORKERS)]
        await faults(chaos, registry)
        stopped.set()
        await asyncio.gather(*workers)
        for answer, times in chaos.answers.most_common():
            print(f"{times:6} {answer}")
        print(f"{chaos.asked} questions, {sum(chaos.answers.values())} answers")
        assert sum(chaos.answers.values()) == chaos.asked
        assert max(chaos.done.values()) == 1, "a plan was answered with its result twice"
        assert max(times for relay in chaos.relays for times in relay.ran.values()) == 1, "a plan ran twice"
        assert [relay.name for relay in chaos.relays if relay.end] == [REVOKED]
        before, last = chaos.answers["result"], [n for n in range(count) if n % TWICE and n != 7]
        for start in range(0, len(last), WORKERS):
            await asyncio.gather(*(chaos.ask(number) for number in last[start : start + WORKERS]))
        assert chaos.answers["result"] - before == len(last), "plans do not run again"
        for hub in chaos.hubs.values():
            while (await ControlSocket(hub.socket).hub()).running:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.1)
            assert (await ControlSocket(hub.socket).hub()).failing == ()
        print("every question has one answer, no plan ran twice, no count is left")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    with ExitStack() as everything:
        home = Path(everything.enter_context(tempfile.TemporaryDirectory(prefix="lineman_chaos_")))
        asyncio.run(
            run(numbers[0] if numbers else 1_000, numbers[1] if numbers[1:] else 500, home, everything)
        )
