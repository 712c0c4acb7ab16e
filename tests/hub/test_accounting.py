"""Whatever order things happen in, the plans that the hub counts are those that run: none is forgotten, none stays."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.relays.hub.dispatcher import PlanDispatcher
from bot.relays.hub.messages import HubJob
from bot.relays.hub.other_hubs import RelayMovedError
from bot.relays.hub.quotas import HubLimits
from bot.storage.audit_table import AuditEntry
from bot.storage.database import StoreError
from probes.protocol.messages import Cancel, Done, Ready, RelayMessage

RELAYS = ("acme-hq", "berlin")
IMPATIENT = "eve"  # leaves after the first event
PEOPLE = ("ada", "bob", IMPATIENT)
SELDOM = st.sampled_from((False, False, False, True))
SENT: list[int] = []  # plans that reached a relay, in each history
LIMITS = HubLimits(
    relay_at_once=3, relay_an_hour=10**6, person_at_once=3, person_an_hour=10**6, case_relays=2
)


@dataclass
class Registry:
    """An audit log that can be locked, or fail."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False
    plans: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)  # plans that are counted from here on
    ended: set[str] = field(default_factory=set)  # plans that were taken back from their relay

    async def _work(self) -> None:
        await self.open.wait()
        await asyncio.sleep(0)
        if self.fails:
            raise StoreError("the database failed: disk I/O error")

    async def begin(self, entry: AuditEntry) -> bool:
        if entry.outcome.startswith("not sent"):
            return True
        self.begun.add(entry.plan)
        try:
            await self._work()
        except BaseException:
            self.ended.add(entry.plan)
            raise
        new = entry.plan not in self.plans
        self.plans.add(entry.plan)
        return new

    async def find(self, name: str) -> None:
        await asyncio.sleep(0)

    async def end(self, plan: str, outcome: str) -> None:
        if outcome == "cancelled":
            self.ended.add(plan)
        await self._work()


@dataclass
class Session:
    """A relay that takes plans, and notes those that are taken back."""

    name: str
    ended: set[str]
    key: str = ""
    ready: Ready | None = field(default_factory=lambda: Ready(True, {}, 0.0, (), {}))
    plans: int = 0

    @property
    def line(self) -> "Session":
        return self

    async def say(self, message: RelayMessage) -> None:
        if isinstance(message, Cancel):
            self.ended.add(message.plan)
        await asyncio.sleep(0)

    async def run(self, envelope: str) -> None:
        self.plans += bool(envelope)
        await asyncio.sleep(0)

    def trouble(self) -> str:
        return ""


class Accounts(RuleBasedStateMachine):
    """A dispatcher, those who ask, relays that come and go, and a database with moods."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.registry = Registry()
        self.ever = {name: Session(name, self.registry.ended) for name in RELAYS}
        self.sessions = dict(self.ever)
        self.dispatcher = PlanDispatcher(self.registry, self.sessions, LIMITS)  # type: ignore[arg-type]  # made up
        self.asking: dict[str, tuple[HubJob, asyncio.Task[None]]] = {}
        self.number = 0
        self.registry.open.set()

    async def _ask(self, job: HubJob) -> None:
        with suppress(RelayMovedError):
            async with self.dispatcher.run(job) as events:
                async for _ in events:
                    await asyncio.sleep(0)
                    if job.requester == IMPATIENT:
                        break

    def _turns(self, count: int) -> None:
        async def turns() -> None:
            for _ in range(count):
                await asyncio.sleep(0)

        self.loop.run(turns())

    @rule(relay=st.sampled_from(RELAYS), who=st.sampled_from(PEOPLE), turns=st.integers(0, 9))
    def ask(self, relay: str, who: str, turns: int) -> None:
        self.number += 1
        job = HubJob(f"plan {self.number}", relay, "{}", who, "31009", 5.0)

        async def start() -> None:
            self.asking[job.plan] = (job, asyncio.create_task(self._ask(job)))

        self.loop.run(start())
        self._turns(turns)

    @rule(which=st.integers(0, 9), turns=st.integers(0, 9))
    def hang_up(self, which: int, turns: int) -> None:
        if self.asking:
            plan = sorted(self.asking)[which % len(self.asking)]
            self.loop.get_loop().call_soon(self.asking[plan][1].cancel)
            self._turns(turns)

    @rule(which=st.integers(0, 9), turns=st.integers(0, 9))
    def finish(self, which: int, turns: int) -> None:
        if self.asking:
            plan = sorted(self.asking)[which % len(self.asking)]
            job, _ = self.asking[plan]
            session = self.ever[job.relay]
            self.loop.run(self.dispatcher.reply(session, Done(plan, 0, "finished", "")))  # type: ignore[arg-type]  # made up
            self._turns(turns)

    @rule(relay=st.sampled_from(RELAYS), moves=st.booleans())
    def relay_leaves(self, relay: str, moves: bool) -> None:
        self.sessions.pop(relay, None)
        self._in_loop(self.dispatcher.relay_moved if moves else self.dispatcher.relay_gone, relay)

    @rule(relay=st.sampled_from(RELAYS))
    def relay_returns(self, relay: str) -> None:
        session = self.sessions[relay] = self.ever[relay]
        ready = Ready(True, {}, 0.0, (), {})
        self.loop.run(self.dispatcher.relay_ready(session, ready))  # type: ignore[arg-type]  # made up

    @rule(locked=SELDOM, fails=SELDOM)
    def database(self, locked: bool, fails: bool) -> None:
        self.registry.fails = fails
        (self.registry.open.clear if locked else self.registry.open.set)()

    @precondition(lambda self: self.registry.open.is_set())
    @rule()
    def quiet(self) -> None:
        """When nothing is in motion, exactly the plans of those who still wait are counted."""
        self._turns(60)
        live = [job for job, task in self.asking.values() if not task.done()]
        assert self.dispatcher.ledger.total == len(live)
        for relay in RELAYS:
            assert self.dispatcher.ledger.running(relay) == sum(job.relay == relay for job in live)

    @invariant()
    def exactly_what_is_live(self) -> None:
        """At every step, what is counted is what was begun, and has neither ended nor been taken back."""
        now = self.registry.begun - self.registry.ended
        live = [job for job, task in self.asking.values() if job.plan in now and not task.done()]
        assert self.dispatcher.ledger.total == len(live)
        for relay in RELAYS:
            count = sum(job.relay == relay for job in live)
            assert self.dispatcher.ledger.running(relay) == count <= LIMITS.relay_at_once

    def _in_loop(self, work: object, *values: object) -> None:
        async def call() -> None:
            work(*values)  # type: ignore[operator]  # a method

        self.loop.run(call())

    def teardown(self) -> None:
        self.registry.open.set()
        tasks = [task for _, task in self.asking.values()]

        async def end() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.loop.run(end())
        errors = [task.exception() for task in tasks if not task.cancelled()]
        assert [error for error in errors if error and not isinstance(error, StoreError)] == []
        SENT.append(sum(session.plans for session in self.ever.values()))
        assert self.dispatcher.ledger.total == 0
        assert not self.dispatcher.ledger._running
        assert not self.dispatcher._in_flight._plans
        self.loop.close()


def test_counts_in_every_order() -> None:
    """50 random histories of 40 steps each, in which plans do reach relays."""
    SENT.clear()
    often = settings(max_examples=50, stateful_step_count=40, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(Accounts, settings=often)
    assert sum(SENT) >= 30, SENT
