"""`python -m tests.whole_system [COMMANDS] [RELAYS] [SECONDS]`: the whole system while everything fails once (root).

Two bots, two hubs, PostgreSQL, NATS, and relays run on machines of their own (network namespaces). People type
COMMANDS in Slack, and Slack delivers a fifth of them twice. During this, each process is killed, both servers restart,
and the network is cut for SECONDS, twice.
"""

import asyncio
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from tests.whole_system.commands import Asking
from tests.whole_system.machines import machines
from tests.whole_system.system import MACHINES, PATIENCE, WORKING, System, load_average, running

AT_ONCE = 16  # people who type at the same time
LONG = 30.0  # seconds after which a person types the next command without an answer to the last one
ANSWERED = 300.0  # seconds until everything that was accepted is answered
SAMPLE = 20  # relays that must work at the end
REVOKED = ("relay-7", "relay-3")  # one while a hub is down, and one while the network is cut
ON_THE_WAY = 0.5  # seconds in which a plan that was sent just before a revocation may reach its relay
OFTEN = 12  # each such command is for a relay that is revoked some time

Fault = tuple[str, Callable[[], Awaitable[None]]]


class Chaos:
    """One run: people who ask, while one part after another fails."""

    def __init__(self, system: System, commands: int, cut: float) -> None:
        self.system, self.asking = system, Asking(system.slack)
        self._commands, self._cut = commands, cut
        self._people = max(2, min(AT_ONCE, commands // 15))
        self._over = False
        self.faults: list[float] = []  # when each began

    async def run(self) -> None:
        """Ask, let everything fail, and check what came of it."""
        people = [asyncio.create_task(self._person()) for _ in range(self._people)]
        await self._fail()
        self._over = True
        await asyncio.gather(*people)
        await self._answered()
        await self._works_again()
        self._report()

    async def _person(self) -> None:
        """Type commands one after the other, until everything has failed and enough were accepted."""
        while not (self._over and self._has(self._commands)):
            command = await self.asking.ask(self._relay())
            if command.accepted:
                with suppress(AssertionError):
                    await self.system.slack.records.until(command.is_answered, LONG)
            await asyncio.sleep(random.uniform(0, 1.0))

    def _relay(self) -> str:
        number = len(self.asking.commands)
        if number % OFTEN == 0:
            return REVOKED[number // OFTEN % len(REVOKED)]
        return f"relay-{number % self.system.relays}"

    def _all(self) -> list[Fault]:
        system = self.system
        kills: list[Fault] = [(f"kill -9 {unit.name}", self._killing(unit.kill)) for unit in system.units]
        return [
            *kills,
            ("restart of PostgreSQL", self._restart_database),
            ("kill -9 nats-server", self._restart_nats),
            (f"{self._cut:g} s without the network to PostgreSQL and NATS", self._cutting(WORKING)),
            (f"{self._cut:g} s without it on one machine", self._cutting(WORKING[1:])),
        ]

    async def _fail(self) -> None:
        faults = self._all()
        for number, (name, fault) in enumerate(faults):
            # At a random moment, not before people have typed their share of the commands.
            share = self._commands * number // (len(faults) + 1)
            await self.system.slack.records.until(partial(self._has, share), ANSWERED, name)
            await asyncio.sleep(random.uniform(0.0, 2.0))
            begun = time.monotonic()
            self.faults.append(self.system.slack.clock.now())
            await fault()
            await self.system.recovered()
            print(
                f"{name}: everything is back after {time.monotonic() - begun:.0f} s, {self.asking.accepted} of "
                f"{len(self.asking.commands)} commands accepted, load {load_average()}",
                flush=True,
            )

    def _has(self, accepted: int) -> bool:
        return self.asking.accepted >= accepted

    def _killing(self, kill: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        async def fault() -> None:
            kill()
            if REVOKED[0] not in self.system.revoked:
                await self.system.revoke(REVOKED[0])
            await asyncio.sleep(0.5)

        return fault

    def _cutting(self, names: tuple[str, ...]) -> Callable[[], Awaitable[None]]:
        async def fault() -> None:
            self.system.machines.cut("data", names)
            await asyncio.sleep(self._cut / 2)
            if REVOKED[1] not in self.system.revoked:
                await self.system.revoke(REVOKED[1])
            await asyncio.sleep(self._cut / 2)
            self.faults.append(self.system.slack.clock.now())
            self.system.machines.mend("data")

        return fault

    async def _restart_database(self) -> None:
        await asyncio.to_thread(self.system.database.stop)
        await asyncio.to_thread(self.system.database.start)

    async def _restart_nats(self) -> None:
        await asyncio.to_thread(self.system.nats.stop, signal.SIGKILL)
        await asyncio.to_thread(self.system.nats.start)

    async def _answered(self) -> None:
        """Wait until every accepted command is answered, then longer, so that a second answer would come, too."""
        try:
            await self.system.slack.records.until(lambda: not self.asking.wrong(self.faults), ANSWERED)
        except AssertionError:
            logs = "\n".join(f"--- {unit.name}\n{unit.log()[-6000:]}" for unit in self.system.units[:4])
            raise AssertionError("\n".join((*self.asking.wrong(self.faults), logs))) from None

    async def _works_again(self) -> None:
        """Run a plan on some relays, and look for anything that is left."""
        system = self.system
        free = [n for n in range(system.relays) if f"relay-{n}" not in system.revoked]
        sample = [f"relay-{n}" for n in random.sample(free, min(SAMPLE, len(free)))]
        commands = await asyncio.gather(*map(self.asking.ask, sample))
        await system.slack.records.until(
            lambda: all(c.is_answered() for c in commands), PATIENCE, "the sample"
        )
        assert all(command.accepted for command in commands)
        since = min(command.typed for command in commands)
        ran = {relay for at, relay, _ in system.ran() if at >= since}
        without = [command for command in commands if command.relay not in ran]
        assert not without, "no plan ran for\n" + "\n".join(command.answers() for command in without)
        await system.recovered()
        ends = time.monotonic() + PATIENCE  # a message that could not be sent is sent again after a minute
        while any((left := await self._left()).values()):
            assert time.monotonic() < ends, left
            await asyncio.sleep(0.5)

    async def _left(self) -> dict[str, int]:
        """Count what has not ended."""
        system = self.system
        return {
            "requests": system.count("SELECT count(*) FROM inbox"),
            "runs": system.count("SELECT count(*) FROM runs WHERE status = 'running'"),
            "messages to send": system.count("SELECT count(*) FROM posts WHERE sent < version"),
            "plans in flight": sum(hub.running for hub in await system.hub_status()),
        }

    def _report(self) -> None:
        system, asking = self.system, self.asking
        wrong = [*asking.wrong(self.faults), *asking.strays()]
        ran = system.ran()
        plans = Counter(plan for _, _, plan in ran if plan != "revoked")
        late = [
            (relay, at - system.revoked[relay])
            for at, relay, plan in ran
            if plan != "revoked" and at > system.revoked.get(relay, at) + ON_THE_WAY
        ]
        twice = sum(len(delivery.sent) > 1 for delivery in system.slack.records.deliveries)
        for text, times in asking.outcomes().most_common():
            print(f"{times:6} {text}")
        for unit in system.units:
            for code, log in unit.ends:
                print(f"{unit.name} ended by itself with {code}: {log[-300:]}")
        lost = system.count(
            "SELECT count(DISTINCT run) FROM observations WHERE value LIKE '%\"relay_lost\"%'"
        )
        print(
            f"{len(asking.commands)} commands, {asking.accepted} accepted, {twice} delivered twice, "
            f"{len(self.faults)} faults, {len(plans)} plans on {system.relays} relays, {lost} runs lost their relay"
        )
        assert not wrong, "\n".join(wrong)
        assert not late, f"plans on relays that were revoked, seconds later: {late}"
        assert max(plans.values()) == 1, "a plan ran twice"
        away = {relay for _, relay, plan in ran if plan == "revoked"}
        assert away == set(system.revoked), f"{away} were sent away, and {set(system.revoked)} were revoked"
        assert not any(unit.ends for unit in system.units if not unit.name.startswith("bot"))
        system.slack.judge()
        # A bot that is cut off, and the one that has taken its run over, change one message within a second.
        expected = ("an acknowledgement too late", "an envelope acknowledged twice", "pace:")
        violations = [item for item in system.slack.records.violations if not item.startswith(expected)]
        assert not violations, violations
        print("each accepted command has one answer, no plan ran twice, revocations held, nothing is left")


async def main(commands: int, relays: int, cut: float) -> None:
    """Run everything once."""
    begun = time.monotonic()
    with machines(*MACHINES) as made:
        async with running(made, relays) as system:
            print(
                f"everything runs after {time.monotonic() - begun:.0f} s, load {load_average()}", flush=True
            )
            await Chaos(system, commands, cut).run()
    print(f"{time.monotonic() - begun:.0f} s, load {load_average()}")


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    words = sys.argv[1:]
    asyncio.run(
        main(
            int(words[0]) if words else 1_000,
            int(words[1]) if words[1:] else 500,
            float(words[2]) if words[2:] else 20.0,
        )
    )
