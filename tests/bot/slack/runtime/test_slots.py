"""In any order of events, the slots in use are those of the runs that hold one, and no slot is left free."""

import asyncio

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.slack.runtime.concurrency import RunSlots

RELAYS = ("acme-hq", "berlin")
EACH = 2


class Slots(RuleBasedStateMachine):
    """Runs that come, end by themselves or with an error, and are canceled while they hold a slot or wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.slots = RunSlots(EACH)
        self.runs: list[tuple[str, asyncio.Event, asyncio.Task[None]]] = []
        self.inside = dict.fromkeys(RELAYS, 0)

    async def _hold(self, relay: str, over: asyncio.Event, fails: bool) -> None:
        async with self.slots.acquire(relay, lambda ahead: None):
            self.inside[relay] += 1
            try:
                await over.wait()
                if fails:
                    raise OSError("a check failed")
            finally:
                self.inside[relay] -= 1

    def _turns(self, count: int) -> None:
        async def turns() -> None:
            for _ in range(count):
                await asyncio.sleep(0)

        self.loop.run(turns())

    @rule(relay=st.sampled_from(RELAYS), fails=st.booleans(), turns=st.integers(1, 3))
    def arrive(self, relay: str, fails: bool, turns: int) -> None:
        over = asyncio.Event()

        async def start() -> None:
            self.runs.append((relay, over, asyncio.create_task(self._hold(relay, over, fails))))

        self.loop.run(start())
        self._turns(turns)

    @rule(which=st.integers(0, 9), turns=st.integers(0, 3))
    def end(self, which: int, turns: int) -> None:
        if self.runs:
            self.runs[which % len(self.runs)][1].set()
            self._turns(turns)

    @rule(which=st.integers(0, 9), turns=st.integers(0, 3))
    def cancel(self, which: int, turns: int) -> None:
        if self.runs:
            self.loop.get_loop().call_soon(self.runs[which % len(self.runs)][2].cancel)
            self._turns(turns)

    @invariant()
    def exactly_what_is_live(self) -> None:
        """Each run that has not ended holds a slot, is just being given one, or waits; no slot is free if one waits."""
        live = dict.fromkeys(RELAYS, 0)
        for relay, _, task in self.runs:
            live[relay] += not task.done()
        assert sum(map(self.slots.busy, RELAYS)) + self.slots.waiting == sum(live.values())
        for relay in RELAYS:
            assert self.inside[relay] <= self.slots.busy(relay) == min(EACH, live[relay])

    def teardown(self) -> None:
        async def end() -> None:
            tasks = [task for _, _, task in self.runs]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.loop.run(end())
        assert [self.slots.busy(relay) for relay in RELAYS] == [0, 0]
        assert self.slots.waiting == 0
        self.loop.close()


def test_slots_in_every_order() -> None:
    """50 random histories of 40 steps each."""
    often = settings(max_examples=50, stateful_step_count=40, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(Slots, settings=often)
